import { describe, expect, it } from "vitest";
import { refuseAddress } from "./allowed-address.ts";

const local = "127.0.0.1, localhost";

describe("an instance's address", () => {
  it.each([
    ["http://127.0.0.1:9000", local],
    ["https://LOCALHOST/base/", local],
    ["http://0x7f.1:80/", local],
    ["https://rates.eu.example.com", "*.example.com"],
    ["http://[::1]:9000", "[::1]"],
  ])("%s may register where %s is allowed", (address, hosts) => {
    expect(refuseAddress(address, hosts)).toBeUndefined();
  });

  it.each([
    ["http://169.254.169.254/latest/meta-data", local, /169\.254\.169\.254 is not among/],
    ["http://127.0.0.1.example.com", local, /not among/],
    ["http://127.0.0.1", "", /not among/],
    ["https://example.com", "*.example.com", /not among/],
    ["https://evilexample.com", "*.example.com", /not among/],
    ["http://user:secret@127.0.0.1", local, /user name/],
    ["http://127.0.0.1@10.0.0.1/", local, /user name/],
    ["http://127.0.0.1/?q=1", local, /query/],
    ["file:///etc/passwd", local, /http/],
    ["ftp://127.0.0.1", local, /http/],
    ["127.0.0.1:9000", local, /http/],
  ])("%s may not where %s is allowed", (address, hosts, why) => {
    expect(refuseAddress(address, hosts)).toMatch(why);
  });
});
