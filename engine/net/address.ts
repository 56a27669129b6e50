/** Addresses are canonical text (what `ip` prints), so that rows stay plain, readable data. Parse once at the edge. */
declare const brand: unique symbol
/** An IPv4 or IPv6 address in canonical text: `10.244.1.10`, `fd00:10:244::1`. */
export type Ip = string & { readonly [brand]: 'Ip' }
/** A network in canonical text, host bits zero: `10.244.1.0/24`, `::/0`. */
export type Cidr = string & { readonly [brand]: 'Cidr' }
/** A MAC address in lower case: `52:54:00:00:00:11`. */
export type Mac = string & { readonly [brand]: 'Mac' }
export type Family = 'ipv4' | 'ipv6'
