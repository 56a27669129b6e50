import { describe, expect, it } from 'vitest'
import { NETWORKS, networkOf, withNetwork } from './network-option.ts'

const cluster = (cni: string) => [
  {
    name: 'c.yaml',
    text: `apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata:\n  name: c\nspec:\n  nodes: 3\n${cni}`,
  },
]

describe('the network a text asks for', () => {
  it.each([
    ['no Cluster document', [{ name: 'a.yaml', text: 'kind: Pod\n' }], 'flannel-vxlan'],
    ['no networking', cluster(''), 'flannel-vxlan'],
    ['a block', cluster('  networking:\n    cni:\n      name: flannel\n      backend: host-gw\n'), 'flannel-host-gw'],
    ['flow style', cluster('  networking:\n    cni: { name: kubenet }\n'), 'kubenet'],
    ['one that is not offered', cluster('  networking:\n    cni: { name: weave }\n'), undefined],
  ])('%s', (_name, files, expected) => expect(networkOf(files)).toBe(expected))
})

describe('changing the network', () => {
  it.each([
    ['no Cluster document', [{ name: 'a.yaml', text: 'kind: Pod\n' }]],
    ['no networking', cluster('')],
    ['networking without cni', cluster('  networking:\n    podSubnet: 10.1.0.0/16\n')],
    [
      'a block in the middle',
      cluster('  networking:\n    cni:\n      name: flannel\n      backend: vxlan\n    podSubnet: 10.1.0.0/16\n'),
    ],
    ['flow style', cluster('  networking:\n    cni: { name: flannel }\n    podSubnet: 10.1.0.0/16\n')],
  ])('is read back, from %s, and keeps the rest', (_name, files) => {
    for (const { id } of NETWORKS) {
      const changed = withNetwork(files, id)
      expect(networkOf(changed)).toBe(id)
      const before = files.map((f) => f.text).join('')
      if (before.includes('podSubnet'))
        expect(changed.map((f) => f.text).join('')).toContain('    podSubnet: 10.1.0.0/16\n')
    }
  })
})
