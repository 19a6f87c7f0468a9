// Which hosts a plugin may speak HTTP with. It is JavaScript because a worker loads it, too.
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * @typedef {object} AllowedHost
 * @property {RegExp} host what it matches of a URL's host name
 * @property {string | null} port the one port that is allowed; all are where it is null
 */

/** What a plugin asks for and its options do not grant. */
export class NotAllowedError extends Error {
  /** @override */
  name = 'NotAllowedError';
}

/** Addresses that are reached from this machine or its network alone. */
const NOT_PUBLIC = { ipv4: notPublicIPv4(), ipv6: notPublicIPv6() };
/** What a URL shows as its host, where `*` stands for any part. */
const HOST = /^(?:[a-z0-9._*-]+|\[[0-9a-f:.*]+\])$/;

/**
 * Reads an entry of `allowedHosts`: a name or an address, in which `*` stands for any part, and a port if need be.
 *
 * @param {string} entry
 * @returns {AllowedHost | null} null where no URL could ever match it
 */
export function parseAllowedHost(entry) {
  const host = isIPv6(entry) ? `[${entry}]` : entry;
  const parts = /^(\[[^\]]+\]|[^[\]:/?#@\\\s]+)(?::(\d{1,5}))?$/.exec(host);
  const name = parts?.[1] === undefined ? null : normalize(parts[1]);
  if (name === null || !HOST.test(name)) return null;
  const port = parts?.[2] === undefined ? null : String(Number(parts[2]));
  const pattern = name.split('*').map(escape).join('.*');
  return { host: new RegExp(`^${pattern}$`), port };
}

/**
 * Holds that a plugin may ask for a URL; each hop of a request is held against this.
 *
 * @param {URL} url
 * @param {readonly AllowedHost[]} allowed
 */
export function assertAllowedUrl(url, allowed) {
  const { protocol, hostname, username, password } = url;
  if (protocol !== 'http:' && protocol !== 'https:') throw notAllowed(url, `its scheme is ${protocol}`);
  if (username !== '' || password !== '') throw notAllowed(url, 'it has credentials');
  if (allowed.some((entry) => matches(entry, hostname, portOf(url)))) return;
  throw notAllowed(url, `no allowedHosts match ${JSON.stringify(url.host)}`);
}

/**
 * Whether a name that is allowed may stand for an address. That of this machine or its network must be allowed itself:
 * whoever rules a name says what it resolves to.
 *
 * @param {URL} url
 * @param {string} address what the URL's name was resolved to
 * @param {readonly AllowedHost[]} allowed
 */
export function isAllowedAddress(url, address, allowed) {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (!NOT_PUBLIC[family].check(address, family)) return true;
  if (/^(.+\.)?localhost$/.test(url.hostname) && isLoopback(address)) return true;
  const host = family === 'ipv6' ? `[${address}]` : address;
  return allowed.some((entry) => matches(entry, host, portOf(url)));
}

/** @type {(url: URL, reason: string) => Error} */
function notAllowed({ protocol, host, pathname }, reason) {
  return new NotAllowedError(`HTTP request to ${protocol}//${host}${pathname} is not allowed: ${reason}`);
}

/** @type {(entry: AllowedHost, hostname: string, port: string) => boolean} */
function matches({ host, port }, hostname, asked) {
  return host.test(hostname) && (port === null || port === asked);
}

/** @param {URL} url */
function portOf({ protocol, port }) {
  return port || (protocol === 'https:' ? '443' : '80');
}

/**
 * A name as a URL shows it: in lower case, in ASCII, addresses in their short form.
 *
 * @param {string} name
 */
function normalize(name) {
  try {
    // What stands for any part need not be a name that a URL takes, as in `127.0.0.*`.
    return name.includes('*') && !/[^\x21-\x7e]/.test(name)
      ? name.toLowerCase()
      : new URL(`http://${name}`).hostname;
  } catch {
    return null;
  }
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[.[\]$^+?(){}|\\]/g, '\\$&');
}

/** @param {string} address */
function isLoopback(address) {
  return address === '::1' || address.startsWith('127.');
}

function notPublicIPv4() {
  return listOf('ipv4', [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '224.0.0.0/3',
  ]);
}

/** Those that stand for one of IPv4, too. */
function notPublicIPv6() {
  return listOf('ipv6', [
    '::/96',
    '::ffff:0:0/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '2002::/16',
    'fc00::/7',
    'fe80::/10',
    'ff00::/8',
  ]);
}

/** @type {(family: 'ipv4' | 'ipv6', subnets: readonly string[]) => BlockList} */
function listOf(family, subnets) {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
