import { describe, expect, test } from 'vitest'
import { netfilterLab } from '../../testing/netfilter-lab.ts'
import { iptablesCommand, iptablesWords } from './iptables-command.ts'
import { specTable } from './list.ts'
import { splitLine } from './words.ts'

const AT = { netns: 'worker', family: 'ipv4', owner: 'by hand' } as const
const lab = (...commands: string[]) => {
  const { world } = netfilterLab()
  let last = { stderr: '', exitCode: 0 }
  for (const command of commands) {
    const words = iptablesWords(splitLine(command), 'iptables')
    last = 'stderr' in words ? words : iptablesCommand(world, AT, words)
  }
  return { last, rules: (specTable(world, { ...AT, table: 'filter' }) ?? []).map(({ text }) => text).slice(3) }
}

describe('verbs', () => {
  test.each([
    [
      ['-A INPUT -p tcp --dport 80 -j ACCEPT', '-I INPUT -j DROP'],
      ['-A INPUT -j DROP', '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT'],
    ],
    [
      ['-A INPUT -j DROP', '-I INPUT 2 -j ACCEPT'],
      ['-A INPUT -j DROP', '-A INPUT -j ACCEPT'],
    ],
    [['-A INPUT -j DROP', '-A INPUT -j ACCEPT', '-D INPUT 1'], ['-A INPUT -j ACCEPT']],
    [['-A INPUT -s 10.0.0.1 -j DROP', '-D INPUT -s 10.0.0.1/32 -j DROP'], []],
    [['-A INPUT -j DROP', '-R INPUT 1 -j ACCEPT'], ['-A INPUT -j ACCEPT']],
    [
      ['-N A', '-A INPUT -j A', '-A A -j DROP', '-F A'],
      ['-N A', '-A INPUT -j A'],
    ],
    [
      ['-N A', '-A INPUT -j A', '-E A B'],
      ['-N B', '-A INPUT -j B'],
    ],
    [['-N A', '-X A'], []],
    [['-A INPUT -j DROP', '-F'], []],
  ])('%j', (commands, expected) => {
    expect(lab(...commands)).toEqual({ last: { stderr: '', exitCode: 0 }, rules: expected })
  })
})

const HELP = "Try `iptables -h' or 'iptables --help' for more information.\n"
describe('refusals, in the words of iptables', () => {
  test.each([
    [['-D INPUT -j DROP'], 'iptables: Bad rule (does a matching rule exist in that chain?).\n', 1],
    [['-X INPUT'], 'iptables v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain INPUT\n', 2],
    [['-N C', '-N C'], 'iptables: Chain already exists.\n', 1],
    [['-D INPUT 5'], 'iptables: Index of deletion too big.\n', 1],
    [['-C INPUT -j DROP'], 'iptables: Bad rule (does a matching rule exist in that chain?).\n', 1],
    [['-F NOPE'], 'iptables: No chain/target/match by that name.\n', 1],
    [['-A INPUT -j NOPE'], `iptables v1.8.9 (nf_tables): Chain 'NOPE' does not exist\n${HELP}`, 2],
    [['-A INPUT --dport 80 -j DROP'], `iptables v1.8.9 (nf_tables): unknown option "--dport"\n${HELP}`, 2],
    [
      ['-N A', '-A INPUT -j A', '-X A'],
      'iptables v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain A\n',
      2,
    ],
  ])('%j', (commands, stderr, exitCode) => {
    expect(lab(...commands).last).toEqual({ stderr, exitCode })
  })
})
