import { Lab } from './lab.ts'

/**
 * Two nodes on a switch with flannel's VXLAN tunnel and a bridge each, as the reference cluster has them.
 *
 *     client 10.244.1.10, web-a 10.244.1.11 - cni0 n1 .11 ~~ VXLAN 1 ~~ n2 .12 cni0 - web-b 10.244.2.11
 */
export function flannelLab(options: { seed?: number; podMtu?: number; tunnelMtu?: number } = {}): Lab {
  const lab = new Lab({ seed: options.seed })
  const nodes = [
    { id: 'n1', ip: '192.168.10.11', n: 1, vtep: '4e:11:aa:00:00:01' },
    { id: 'n2', ip: '192.168.10.12', n: 2, vtep: '92:5b:65:01:ef:02' },
  ] as const
  for (const node of nodes) lab.host(node.id)
  lab.switch('lan', ['n1', 'n2'])
  for (const { id, ip, n, vtep } of nodes) {
    lab.addr(id, 'eth0', `${ip}/24`)
    lab.link({
      netns: id,
      name: 'flannel.1',
      kind: 'vxlan',
      vni: 1,
      port: 8472,
      local: ip as never,
      dev: `${id}|eth0`,
      learning: false,
      mac: vtep as never,
      mtu: options.tunnelMtu ?? 1450,
      up: true,
    })
    lab.addr(id, 'flannel.1', `10.244.${n}.0/32`)
    lab.link({
      netns: id,
      name: 'cni0',
      kind: 'bridge',
      mtu: options.podMtu ?? 1450,
      up: true,
      mac: `0a:58:0a:f4:0${n}:01` as never,
    })
    lab.addr(id, 'cni0', `10.244.${n}.1/24`)
  }
  for (const [here, there] of [nodes, [...nodes].reverse()]) {
    lab.route(here.id, `10.244.${there.n}.0/24`, { via: `10.244.${there.n}.0`, dev: 'flannel.1', onlink: true })
    lab.neigh(here.id, 'flannel.1', `10.244.${there.n}.0`, there.vtep)
    lab.fdb(here.id, 'flannel.1', there.vtep, there.ip)
  }
  lab.pod('n1', 'client', { bridge: 'cni0', address: '10.244.1.10/24', via: '10.244.1.1' })
  lab.pod('n1', 'web-a', { bridge: 'cni0', address: '10.244.1.11/24', via: '10.244.1.1' })
  lab.pod('n2', 'web-b', { bridge: 'cni0', address: '10.244.2.11/24', via: '10.244.2.1' })
  for (const pod of ['web-a', 'web-b']) lab.echo(pod, 'tcp', 8080).echo(pod, 'udp', 8080)
  return lab
}
