/** Why an instance may not register with this address; undefined if it may. */
export type Refusal = string | undefined;

/**
 * The registry and every caller will send requests to an instance's address, so it is not for the instance alone to
 * choose: an address inside somebody's network would make the mesh its errand boy (server-side request forgery).
 *
 * @param hosts what the operator allows: host names separated by commas; `*.example.com` stands for every name below
 * example.com. Ports are not looked at.
 */
export function refuseAddress(address: string, hosts: string): Refusal {
  const url = URL.parse(address);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:"))
    return "The url must start with http:// or https://.";
  if (url.username !== "" || url.password !== "") return "The url must not carry a user name or password.";
  if (url.search !== "" || url.hash !== "") return "The url must end with its path: no query, no fragment.";
  // Parsed, so that 0x7f.1 and 127.0.0.1 are the same host.
  const allowed = hosts
    .toLowerCase()
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
  if (allowed.some((pattern) => matches(pattern, url.hostname))) return undefined;
  return `The host ${url.hostname} is not among those that the operator allows (REGISTRY_HOSTS).`;
}

function matches(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}
