/**
 * Every reason a packet can die for: a closed list, never "unknown". The verdict is what the sender experiences
 * (`headless.md`, "Verdicts"); `speaks` says whether the network tells the sender.
 */
export type Verdict = 'delivered' | 'refused' | 'dropped' | 'unreachable' | 'timeout'

export interface Reason {
  readonly verdict: Verdict
  readonly text: string
}

export const REASONS = {
  'policy.ingress': { verdict: 'dropped', text: 'an ingress policy of the receiver does not allow it' },
  'policy.egress': { verdict: 'dropped', text: 'an egress policy of the sender does not allow it' },
  'policy.l7': { verdict: 'refused', text: 'a layer 7 policy does not allow the request' },
  'service.no-endpoints': { verdict: 'refused', text: 'the Service has no endpoints' },
  'service.no-local-endpoint': {
    verdict: 'dropped',
    text: 'the Service wants a local endpoint and this node has none',
  },
  'service.source-ranges': {
    verdict: 'dropped',
    text: 'the Service’s loadBalancerSourceRanges do not let the client use this address',
  },
  'service.unknown-port': { verdict: 'refused', text: 'the Service has no such port' },
  'service.no-rules': { verdict: 'dropped', text: 'no proxy has programmed the Service on this node' },
  'service.vip-unhandled': {
    verdict: 'unreachable',
    text: 'the address is a Service address that nothing handles for this protocol',
  },
  'lb.not-provisioned': { verdict: 'unreachable', text: 'no controller provides the load balancer' },
  'lb.unhealthy': { verdict: 'refused', text: 'the load balancer has no healthy target' },
  'ingress.no-controller': { verdict: 'unreachable', text: 'no controller serves this Ingress' },
  'ingress.no-route': { verdict: 'refused', text: 'no rule of the ingress matches the request' },
  'route.none': { verdict: 'unreachable', text: 'no route to the destination' },
  'route.blackhole': { verdict: 'dropped', text: 'a blackhole route swallowed it' },
  'route.loop': { verdict: 'unreachable', text: 'the packet went round in a loop until its TTL was used up' },
  'ttl.expired': { verdict: 'unreachable', text: 'the TTL reached zero' },
  'neigh.unresolved': { verdict: 'unreachable', text: 'nobody answered for the next hop address' },
  'bridge.no-port': { verdict: 'dropped', text: 'the bridge has no port to send the frame to' },
  'bridge.hairpin-off': {
    verdict: 'dropped',
    text: 'the frame would leave by the port it came in, and hairpin mode is off',
  },
  'fdb.missing': { verdict: 'dropped', text: 'the tunnel device has no forwarding entry for the MAC address' },
  'tunnel.peer-unknown': { verdict: 'dropped', text: 'the far end does not know this tunnel' },
  'tunnel.port-blocked': { verdict: 'dropped', text: 'the tunnel port is blocked on the underlay' },
  'tunnel.bad-checksum': { verdict: 'dropped', text: 'the outer checksum is wrong' },
  'mtu.needs-frag': { verdict: 'timeout', text: 'the packet is too big for the next link and may not be fragmented' },
  'mtu.icmp-lost': { verdict: 'timeout', text: 'the packet is too big and the message that says so was lost' },
  'ct.full': { verdict: 'dropped', text: 'the conntrack table is full' },
  'ct.stale': { verdict: 'dropped', text: 'an old conntrack entry sends it to an endpoint that is gone' },
  'ct.invalid': { verdict: 'dropped', text: 'conntrack calls the packet INVALID' },
  'ct.race': { verdict: 'dropped', text: 'two packets raced for the same conntrack entry' },
  'fw.forward-drop': { verdict: 'dropped', text: 'a rule or the policy of FORWARD drops it' },
  'fw.input-drop': { verdict: 'dropped', text: 'a rule or the policy of INPUT drops it' },
  'fw.output-drop': { verdict: 'dropped', text: 'a rule or the policy of OUTPUT drops it' },
  'fw.prerouting-drop': { verdict: 'dropped', text: 'a rule in PREROUTING drops it' },
  'fw.postrouting-drop': { verdict: 'dropped', text: 'a rule in POSTROUTING drops it' },
  'fw.reject': { verdict: 'refused', text: 'a rule rejects it' },
  'rpf.failed': {
    verdict: 'dropped',
    text: 'strict reverse path filtering: the source would not be reached by this interface',
  },
  'martian.source': { verdict: 'dropped', text: 'the source address cannot come from there' },
  'martian.destination': { verdict: 'dropped', text: 'the destination address cannot be reached by this interface' },
  'forwarding.off': { verdict: 'dropped', text: 'ip_forward is 0' },
  'brnf.bypass': { verdict: 'timeout', text: 'the bridge delivered the answer past conntrack, with the wrong source' },
  'addr.duplicate': { verdict: 'timeout', text: 'two interfaces claim the same address' },
  'ipam.exhausted': { verdict: 'unreachable', text: 'the pod has no address: the range is used up' },
  'pod.not-ready': { verdict: 'refused', text: 'the pod is not ready' },
  'pod.not-running': { verdict: 'unreachable', text: 'the pod does not run' },
  'pod.terminating': { verdict: 'refused', text: 'the pod is terminating' },
  'sock.not-listening': { verdict: 'refused', text: 'nothing listens on the port' },
  'sock.localhost-only': { verdict: 'refused', text: 'the program listens on the loopback address only' },
  'sock.no-connection': {
    verdict: 'timeout',
    text: 'the segment belongs to no connection of the receiver, which answers with a RST',
  },
  'dns.nxdomain': { verdict: 'unreachable', text: 'the name does not exist' },
  'dns.timeout': { verdict: 'timeout', text: 'the DNS server did not answer' },
  'dns.blocked': { verdict: 'timeout', text: 'the DNS query was blocked' },
  'tls.required': { verdict: 'refused', text: 'the receiver takes TLS only' },
  'tls.name-mismatch': { verdict: 'refused', text: 'the certificate is for another name' },
  'mesh.authz': { verdict: 'refused', text: 'an authorization policy of the mesh denies it' },
  'node.down': { verdict: 'dropped', text: 'the host is down' },
  'link.down': { verdict: 'dropped', text: 'the link is down' },
  'link.swallowed': { verdict: 'dropped', text: 'the device it was sent by leads nowhere' },
  'mac.other-host': { verdict: 'dropped', text: "the frame carries a MAC address that is not the receiver's" },
  'link.loss': { verdict: 'dropped', text: 'the wire lost it' },
  'snat.ports-exhausted': { verdict: 'dropped', text: 'no source port is left for SNAT' },
  'underlay.unroutable': { verdict: 'unreachable', text: 'the underlay has no route for this address' },
  'underlay.spoof-guard': { verdict: 'dropped', text: 'the underlay does not accept this source from this port' },
  'proto.unmodelled': { verdict: 'dropped', text: 'the protocol is not modelled' },
} as const satisfies Record<string, Reason>

export type ReasonCode = keyof typeof REASONS
