import { expect, test } from 'vitest'
import { iptablesSave } from '../kernel/netfilter/iptables-text.ts'
import { bareWorld } from '../testing/bare-world.ts'
import { syncKubeletChains } from './kubelet-iptables.ts'

test('the kubelet keeps a firewall for 127.0.0.0/8, a hint and canaries, and writes them once', () => {
  const { world } = bareWorld()
  world.put('netns', { id: 'n1', host: 'n1', nextIfindex: 2 })
  syncKubeletChains(world, 'n1')
  const lines = iptablesSave(world, 'n1').map(({ text }) => text)
  expect(lines.filter((text) => /^:KUBE|^-A|^\*/.test(text))).toEqual([
    '*mangle',
    ':KUBE-IPTABLES-HINT - [0:0]',
    ':KUBE-KUBELET-CANARY - [0:0]',
    '*filter',
    ':KUBE-FIREWALL - [0:0]',
    ':KUBE-KUBELET-CANARY - [0:0]',
    '-A INPUT -j KUBE-FIREWALL',
    '-A OUTPUT -j KUBE-FIREWALL',
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    '*nat',
    ':KUBE-KUBELET-CANARY - [0:0]',
  ])
  const before = world.position
  syncKubeletChains(world, 'n1')
  expect(world.position).toBe(before)
})
