// Decides whether a URL's host lies on the public internet, going by its name or address alone.
// Known gap: names are not resolved here, so a public name of a private address is not seen.
import ipaddr from 'ipaddr.js';
import type { TargetFault } from './target-fault';

/** Suffixes that never leave a local network. */
const PRIVATE_SUFFIXES = [
  'localhost', // RFC 6761, section 6.3
  'local', // RFC 6762, section 3; the names up to `lan` are those of its appendix G
  'intranet',
  'internal',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa', // RFC 8375
  'localdomain', // the usual default of resolvers and DHCP servers
];

/** Metadata services that a public name or address leads to; the others have private ones. */
const METADATA_HOSTS = new Set([
  'metadata.goog', // Google Cloud's other name for 169.254.169.254
  'metadata.tencentyun.com', // Tencent Cloud: 169.254.0.23
  '168.63.129.16', // Azure's WireServer
]);

/** What IANA has handed out of IPv6 for use on the internet (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** ISATAP puts an IPv4 address behind one of these in any prefix (RFC 5214, section 6.1). */
const ISATAP_MARKS = ['0:5efe', '200:5efe'];

/**
 * Why a host is not a public one, or null. `hostname` is what the WHATWG URL parser
 * made of it: lowercase ASCII, IPv4 in dotted decimal whatever notation it came in, IPv6 in brackets.
 */
export function hostFault(hostname: string): TargetFault | null {
  // A trailing dot names the DNS root and changes nothing (RFC 1034, section 3.1).
  const host = hostname.replace(/\.$/, '');
  if (!isAddress(host)) return isPublicName(host) ? null : ['name_not_public', host];
  const address = host.replace(/^\[|\]$/g, '');
  return isPublicAddress(address) ? null : ['address_not_public', address];
}

/** Whether a host, read as `hostFault` does, is an address: it needs no resolver. */
export function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || ipaddr.IPv4.isValidFourPartDecimal(hostname.replace(/\.$/, ''));
}

/** Whether a text is an address on the public internet: IPv4 in dotted decimal, or IPv6 without brackets. */
export function isPublicAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) ? isPublicIpv4(text) : isPublicIpv6(text);
}

function isPublicIpv4(text: string): boolean {
  return ipaddr.IPv4.parse(text).range() === 'unicast' && !METADATA_HOSTS.has(text);
}

/**
 * Formats that carry an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are refused whatever they
 * carry: no public service is known by one, and none is `unicast` to ipaddr.js but those checked here.
 */
function isPublicIpv6(text: string): boolean {
  if (!ipaddr.IPv6.isValid(text)) return false;
  const address = ipaddr.IPv6.parse(text);
  const [, , , , markHigh = 0, markLow = 0] = address.parts;
  const mark = `${markHigh.toString(16)}:${markLow.toString(16)}`;
  return address.range() === 'unicast' && address.match(GLOBAL_UNICAST) && !ISATAP_MARKS.includes(mark);
}

function isPublicName(name: string): boolean {
  const labels = name.split('.');
  if (labels.length < 2 || labels.includes('') || METADATA_HOSTS.has(name)) return false;
  return !PRIVATE_SUFFIXES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}
