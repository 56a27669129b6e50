// What iptables and conntrack print, compared with what the real ones printed inside a flannel node.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { World } from '../core/world.ts'
import { iptablesRestore, iptablesSave } from '../kernel/netfilter/iptables-text.ts'
import { TABLES } from '../tables.ts'
import { COMMANDS } from './registry.ts'
import { splitWords } from './run.ts'

const folder = join(import.meta.dirname, '../testing/oracle')
const text = (file: string) => readFileSync(join(folder, 'text', file), 'utf8')
const withoutTime = (lines: readonly string[]) => lines.map((line) => line.replace(/ on \w{3} .*/, ''))
const withoutCounters = (line: string) => line.replace(/\[\d+:\d+\]/, '[0:0]')

/** A netns with the ruleset that iptables-save printed there. */
function nodeWith(ruleset: string): World {
  const world = new World(TABLES)
  world.put('clock', { id: 'clock', now: 0, seq: 0, seed: 1 })
  world.put('netns', { id: 'n1', host: 'n1', nextIfindex: 2 })
  const loaded = iptablesRestore(world, 'n1', ruleset, { owner: 'by hand' })
  expect(loaded).toMatchObject({ ok: true })
  return world
}

function run(world: World, command: string) {
  const [name, ...args] = splitWords(command)
  const tool = COMMANDS.find((candidate) => candidate.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  return tool.run(world, { netns: 'n1', host: 'n1' }, args)
}

describe('as recorded', () => {
  const world = nodeWith(text('n1.iptables-save.txt'))
  // Counters are those of the traffic of the recording; a ruleset that was just loaded has none.
  const comparable = (lines: readonly string[]) =>
    withoutTime(lines).map((line) =>
      withoutCounters(line)
        .replace(/^ *\d+[KM]? +\d+[KM]? /, 'N N ')
        .replace(/\d+[KM]? packets, \d+[KM]? bytes/, ''),
    )

  test.each([
    ['iptables-save', 'n1.iptables-save.txt'],
    ['iptables-save -c', 'n1.iptables-save_-c.txt'],
    ['iptables-save -t nat', 'n1.iptables-save_-t_nat.txt'],
    ['iptables -t nat -L -n -v', 'n1.iptables_-t_nat_-L_-n_-v.txt'],
    ['iptables -t nat -nvL', 'n1.iptables_-t_nat_-L_-n_-v.txt'],
    ['iptables -t nat -L KUBE-SERVICES -n --line-numbers', 'n1.iptables_-t_nat_-L_KUBE-SERVICES_-n_--line-numbers.txt'],
    ['iptables -t nat -S POSTROUTING', 'n1.iptables_-t_nat_-S_POSTROUTING.txt'],
    ['iptables -L -n', 'n1.iptables_-L_-n.txt'],
  ])('%s', (command, file) => {
    const { lines, stderr, exitCode } = run(world, command)
    expect([stderr, exitCode]).toEqual(['', 0])
    expect(comparable(lines.map((line) => line.text))).toEqual(comparable(text(file).replace(/\n$/, '').split('\n')))
  })

  test('every rule printed names its row', () => {
    const printed = run(world, 'iptables-save').lines.filter((line) => line.text.startsWith('-A'))
    expect(printed.length).toBeGreaterThan(20)
    for (const line of printed) expect(line.ref).toMatchObject({ table: 'nfChain', rule: expect.any(Number) })
  })
})

describe('every ruleset that was recorded prints back as it was printed', () => {
  const rulesets = readdirSync(join(folder, 'recordings')).flatMap((name) => {
    const files = readdirSync(join(folder, 'recordings', name)).filter((file) => file.endsWith('rules.txt'))
    return files.flatMap((file) =>
      readFileSync(join(folder, 'recordings', name, file), 'utf8')
        .split(/^## /m)
        .filter((part) => /^\S+ iptables-save/.test(part))
        .map((part) => [`${name} ${file} ${part.split('\n')[0]}`, part.slice(part.indexOf('\n') + 1)] as const),
    )
  })

  test('there are some', () => expect(rulesets.length).toBeGreaterThan(10))

  test.each(rulesets)('%s', (_name, ruleset) => {
    const printed = iptablesSave(nodeWith(ruleset), 'n1').map((line) => line.text)
    const expected = ruleset
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => withoutCounters(line).replace(/^\[0:0\] -A/, '-A'))
    expect(withoutTime(printed)).toEqual(withoutTime(expected).filter((line) => line !== ''))
  })
})

describe('complaints', () => {
  const world = nodeWith('*filter\nCOMMIT\n')
  test.each([
    [
      'iptables -L NOPE',
      "iptables v1.8.9 (nf_tables): chain `NOPE' in table `filter' is incompatible, use 'nft' tool.\n",
      1,
    ],
    [
      'iptables -t foo -L',
      "iptables v1.8.9 (nf_tables): table 'foo' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n",
      3,
    ],
    [
      'iptables',
      "iptables v1.8.9 (nf_tables): no command specified\nTry `iptables -h' or 'iptables --help' for more information.\n",
      2,
    ],
    [
      'iptables -Q',
      "iptables v1.8.9 (nf_tables): unknown option \"-Q\"\nTry `iptables -h' or 'iptables --help' for more information.\n",
      2,
    ],
    [
      'conntrack -L --dport 53',
      "conntrack v1.4.7 (conntrack-tools): unknown option `--dport'\nTry `conntrack -h' or 'conntrack --help' for more information.\n",
      2,
    ],
  ])('%s', (command, stderr, exitCode) => {
    expect(run(world, command)).toMatchObject({ lines: [], stderr, exitCode })
  })
})

test('conntrack -L prints TCP, UDP, echo, marks and zones as the tool does', () => {
  const world = nodeWith('*filter\nCOMMIT\n')
  const entry = (id: string, row: object) =>
    world.put('conntrack', {
      id,
      netns: 'n1',
      zone: 0,
      family: 'ipv4',
      keys: [],
      status: ['CONFIRMED'],
      mark: 0,
      createdUs: 0,
      expiresUs: 30_000_000,
      ...row,
    } as never)
  const ends = (proto: string, src: string, sport: number, dst: string, dport: number) => ({
    proto,
    src,
    dst,
    sport,
    dport,
  })
  entry('a', {
    ...{ tcp: 'ESTABLISHED', status: ['CONFIRMED', 'SEEN_REPLY', 'ASSURED'], expiresUs: 432_000_000_000 },
    ...{
      orig: ends('tcp', '10.244.1.10', 40000, '10.96.20.30', 80),
      reply: ends('tcp', '10.244.2.11', 8080, '10.244.1.10', 40000),
    },
  })
  entry('b', {
    zone: 5,
    mark: 16,
    orig: ends('udp', '10.0.0.1', 40734, '10.0.0.2', 53),
    reply: ends('udp', '10.0.0.2', 53, '10.0.0.1', 40734),
  })
  entry('c', {
    family: 'ipv6',
    status: ['SEEN_REPLY'],
    orig: ends('ipv6-icmp', 'fd00::1', 4383, 'fd00::2', 0),
    reply: ends('ipv6-icmp', 'fd00::2', 4383, 'fd00::1', 0),
  })
  const { lines, stderr } = run(world, 'conntrack -L')
  expect(lines.map((line) => line.text)).toEqual([
    'tcp      6 431999 ESTABLISHED src=10.244.1.10 dst=10.96.20.30 sport=40000 dport=80 src=10.244.2.11 dst=10.244.1.10 sport=8080 dport=40000 [ASSURED] mark=0 use=1',
    'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=40734 dport=53 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=53 dport=40734 mark=16 zone=5 use=1',
    'icmpv6   58 29 src=fd00::1 dst=fd00::2 type=128 code=0 id=4383 src=fd00::2 dst=fd00::1 type=129 code=0 id=4383 mark=0 use=1',
  ])
  expect(stderr).toBe('conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.\n')
  expect(run(world, 'conntrack -L -o extended -p icmpv6').lines[0].text).toMatch(
    /^ipv6 {5}10 icmpv6 {3}58 29 src=fd00::1/,
  )
  expect(run(world, 'conntrack -L -d 10.96.20.30').lines).toHaveLength(1)
  expect(run(world, 'conntrack -C').lines[0].text).toBe('3')
})
