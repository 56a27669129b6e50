import type { LinkRow } from '../../kernel/tables.ts'

/**
 * What `-d` adds to a link. Models iproute2 ip/iplink_vxlan.c, iplink_bridge.c, iplink_bridge_slave.c.
 * Simplified: queue and segmentation limits, spanning tree and multicast settings are the kernel's defaults, because nothing
 * here depends on them; bridges neither snoop multicast nor run spanning tree.
 */
export function detailTexts(link: LinkRow, ports: readonly LinkRow[], bridge: LinkRow | undefined): string[] {
  const port = link.master !== undefined
  const limits = link.kind === 'loopback' ? 'minmtu 0 maxmtu 0' : 'minmtu 68 maxmtu 65535'
  const flags = ` promiscuity ${port || link.promisc ? 1 : 0}  allmulti ${port ? 1 : 0} ${limits} `
  const kind = kindText(link)
  const lines = [
    ...(kind === undefined ? [] : [`    ${kind}`]),
    ...(port && bridge ? [`    ${portText(link, ports, bridge)}`] : []),
  ]
  return [flags, ...lines].map((line, index, all) => (index === all.length - 1 ? `${line}${queuesText(link)}` : line))
}

function kindText(link: LinkRow): string | undefined {
  switch (link.kind) {
    case 'veth':
    case 'dummy':
      return `${link.kind} `
    case 'vxlan':
      return vxlanText(link)
    case 'bridge':
      return bridgeText(link)
    case 'ipip':
      return `ipip ${link.ipip?.remote ? `remote ${link.ipip.remote}` : 'any'} local ${link.ipip?.local ?? 'any'} ttl ${link.ipip?.ttl ?? 'inherit'} pmtudisc `
    default:
      return undefined
  }
}

function vxlanText(link: LinkRow): string {
  const { vni, local, port, learning, dev } = link.vxlan ?? { vni: 0, local: '', port: 0, learning: true, dev: '' }
  const lower = dev.slice(dev.lastIndexOf('|') + 1)
  return `vxlan id ${vni} local ${local}${lower ? ` dev ${lower}` : ''} srcport 0 0 dstport ${port} ${learning ? '' : 'nolearning '}ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx `
}

function bridgeText(link: LinkRow): string {
  const delay = centiseconds(link.bridge?.forwardDelayUs ?? 15_000_000)
  const ageing = centiseconds(link.bridge?.ageingUs ?? 300_000_000)
  const id = bridgeId(link)
  return [
    `bridge forward_delay ${delay} hello_time 200 max_age 2000 ageing_time ${ageing} stp_state 0 priority 32768 vlan_filtering 0`,
    `bridge_id ${id} designated_root ${id} root_port 0 root_path_cost 0 topology_change 0 topology_change_detected 0`,
    'hello_timer    0.00 tcn_timer    0.00 topology_change_timer    0.00 gc_timer    0.00 group_fwd_mask 0 group_address 01:80:c2:00:00:00',
    'mcast_snooping 0 no_linklocal_learn 0 mcast_vlan_snooping 0 mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0',
    'mcast_hash_elasticity 16 mcast_hash_max 4096 mcast_last_member_count 2 mcast_startup_query_count 2',
    'mcast_last_member_interval 100 mcast_membership_interval 26000 mcast_querier_interval 25500 mcast_query_interval 12500',
    'mcast_query_response_interval 1000 mcast_startup_query_interval 3124 mcast_stats_enabled 0 mcast_igmp_version 2',
    'mcast_mld_version 1 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 ',
  ].join(' ')
}

function portText(link: LinkRow, ports: readonly LinkRow[], bridge: LinkRow): string {
  const number = ports.findIndex((port) => port.id === link.id) + 1
  const { hairpin = false, learning = true, flood = true, isolated = false } = link.port ?? {}
  const id = bridgeId(bridge)
  return [
    `bridge_slave state forwarding priority 32 cost 2 hairpin ${on(hairpin)} guard off root_block off fastleave off`,
    `learning ${on(learning)} flood ${on(flood)} port_id 0x${(0x8000 + number).toString(16)} port_no 0x${number.toString(16)}`,
    `designated_port ${0x8000 + number} designated_cost 0 designated_bridge ${id} designated_root ${id}`,
    'hold_timer    0.00 message_age_timer    0.00 forward_delay_timer    0.00 topology_change_ack 0 config_pending 0',
    'proxy_arp off proxy_arp_wifi off mcast_router 1 mcast_fast_leave off mcast_flood on bcast_flood on mcast_to_unicast off',
    `neigh_suppress off group_fwd_mask 0 group_fwd_mask_str 0x0 vlan_tunnel off isolated ${on(isolated)} locked off `,
  ].join(' ')
}

const on = (value: boolean): string => (value ? 'on' : 'off')
const centiseconds = (us: number): number => Math.round(us / 10_000)

/** Priority and MAC, each byte without leading zeros. */
function bridgeId(bridge: LinkRow): string {
  return `8000.${bridge.mac
    .split(':')
    .map((byte) => Number.parseInt(byte, 16).toString(16))
    .join(':')}`
}

function queuesText(link: LinkRow): string {
  const queues = link.kind === 'veth' || link.kind === 'ether' ? 2 : 1
  return `addrgenmode eui64 numtxqueues ${queues} numrxqueues ${queues} gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 `
}
