/** Groups of 16 bits in an IPv6 address, and in the part of it that names the network. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * Whom an address belongs to. A household or a server has a whole /64 of IPv6 (RFC 6177), so one that counts single
 * addresses counts nobody; an IPv4 address, also written as IPv6, stays as it is.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  const [head = "", tail] = address.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
