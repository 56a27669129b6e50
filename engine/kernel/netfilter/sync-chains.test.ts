import { describe, expect, test } from 'vitest'
import { netfilterLab } from '../../testing/netfilter-lab.ts'
import type { IptTable, NfRule } from '../tables.ts'
import { iptablesSave } from './iptables-text.ts'
import { parseRule } from './rule-parse.ts'
import { type DesiredChain, type DesiredJump, syncChains } from './sync-chains.ts'
import { splitLine } from './words.ts'

const rule = (text: string, owner: string): NfRule => {
  const parsed = parseRule(splitLine(text), 'ipv4')
  if ('error' in parsed) throw new Error(parsed.error)
  return { ...parsed.rules[0], owner }
}
const chain = (name: string, rules: string[], owner = 'a', table: IptTable = 'filter'): DesiredChain => ({
  table,
  name,
  rules: rules.map((text) => rule(text, owner)),
})
const jump = (name: string, text: string, where: 'first' | 'last' = 'first', owner = 'a'): DesiredJump => ({
  table: 'filter',
  chain: name,
  rule: rule(text, owner),
  where,
})
const who = (owner: string) => ({ netns: 'worker', family: 'ipv4', owner }) as const

const A: readonly [readonly DesiredChain[], readonly DesiredJump[]] = [
  [chain('A1', ['-s 10.0.0.1 -j ACCEPT', '-j DROP']), chain('A2', [])],
  [jump('INPUT', '-j A1'), jump('INPUT', '-j A2'), jump('FORWARD', '-j A1', 'last')],
]
const rules = (lab: ReturnType<typeof netfilterLab>) =>
  iptablesSave(lab.world, 'worker')
    .map(({ text }) => text)
    .filter((text) => text.startsWith('-A'))

describe('a daemon programs its chains', () => {
  test('and the second time writes nothing, even with equal rules made anew', () => {
    const lab = netfilterLab()
    syncChains(lab.world, who('a'), ...A)
    expect(rules(lab)).toEqual([
      '-A INPUT -j A1',
      '-A INPUT -j A2',
      '-A FORWARD -j A1',
      '-A A1 -s 10.0.0.1/32 -j ACCEPT',
      '-A A1 -j DROP',
    ])
    const before = lab.world.position
    syncChains(lab.world, who('a'), structuredClone(A[0]), structuredClone(A[1]))
    expect(lab.world.position).toBe(before)
  })

  test('what it no longer names goes, jumps included; what others put stays', () => {
    const lab = netfilterLab()
    lab.rules('*filter\n:HAND - [0:0]\n-A INPUT -j ACCEPT\n-A HAND -j DROP\nCOMMIT\n')
    syncChains(lab.world, who('a'), ...A)
    expect(rules(lab).slice(0, 3)).toEqual(['-A INPUT -j A1', '-A INPUT -j A2', '-A INPUT -j ACCEPT'])
    syncChains(lab.world, who('a'), [], [])
    expect(rules(lab)).toEqual(['-A INPUT -j ACCEPT', '-A HAND -j DROP'])
  })

  test('a jump that somebody removed comes back to its place among its own', () => {
    const lab = netfilterLab()
    syncChains(lab.world, who('a'), ...A)
    const row = lab.world.get('nfChain', 'worker|ipv4|filter|INPUT')
    if (!row) throw new Error('no INPUT')
    lab.world.put('nfChain', { ...row, rules: row.rules.slice(1) })
    syncChains(lab.world, who('a'), ...A)
    expect(rules(lab).slice(0, 2)).toEqual(['-A INPUT -j A1', '-A INPUT -j A2'])
  })

  test('two daemons that keep one chain do not fight over it, in either order', () => {
    const shared = (owner: string) =>
      [
        [chain('BOTH', ['-j DROP'], owner), chain(`OF-${owner}`, [], owner)],
        [jump('INPUT', `-j OF-${owner}`, 'first', owner), jump('INPUT', '-j BOTH', 'first', owner)],
      ] as const
    const results = [
      ['a', 'b'],
      ['b', 'a'],
    ].map((order) => {
      const lab = netfilterLab()
      for (const owner of order) syncChains(lab.world, who(owner), ...shared(owner))
      const before = lab.world.position
      for (const owner of order) syncChains(lab.world, who(owner), ...shared(owner))
      expect(lab.world.position).toBe(before)
      return rules(lab).filter((text) => text.includes('BOTH'))
    })
    expect(results[0]).toEqual(['-A INPUT -j BOTH', '-A BOTH -j DROP'])
    expect(results[1]).toEqual(results[0])
  })

  test('counters of rules that stay stay with them', () => {
    const lab = netfilterLab()
    syncChains(lab.world, who('a'), ...A)
    const count = (n: number, packets: number) =>
      lab.world.put('nfCount', {
        id: `worker|ipv4|filter|A1#${n}`,
        netns: 'worker',
        chain: 'worker|ipv4|filter|A1',
        rule: n,
        packets,
        bytes: 0,
      })
    count(0, 5)
    count(1, 7)
    const [first, drop] = A[0][0].rules
    syncChains(lab.world, who('a'), [{ ...A[0][0], rules: [rule('-s 10.0.0.9 -j ACCEPT', 'a'), drop] }, A[0][1]], A[1])
    expect(lab.world.by('nfCount', 'chain', 'worker|ipv4|filter|A1').map((row) => [row.rule, row.packets])).toEqual([
      [1, 7],
    ])
    syncChains(lab.world, who('a'), [{ ...A[0][0], rules: [drop, first] }, A[0][1]], A[1])
    expect(lab.world.by('nfCount', 'chain', 'worker|ipv4|filter|A1').map((row) => [row.rule, row.packets])).toEqual([
      [0, 7],
    ])
  })
})
