import type { Family } from '../net/address.ts'
import type { WorldReader } from '../core/world.ts'
import { iptablesWords } from '../kernel/netfilter/iptables-command.ts'
import { listTable, specTable } from '../kernel/netfilter/list.ts'
import type { ListOptions } from '../kernel/netfilter/rule-list.ts'
import { type Command, failed, notModelled, type Output, type Place, printed } from './types.ts'

/** iptables 1.8.9 (nf_tables), as far as it reads: -L and -S. What changes tables is `kernel/netfilter/iptables-command.ts`. */
export const iptablesCommands: readonly Command[] = (['ipv4', 'ipv6'] as const).map((family) => {
  const name = family === 'ipv4' ? 'iptables' : 'ip6tables'
  return {
    name,
    usage: `${name} [-t TABLE] -L [CHAIN] [-n] [-v] [-x] [--line-numbers] | ${name} [-t TABLE] -S [CHAIN]`,
    run: (world, place, args) => run(world, place, args, { name, family }),
  }
})

function run(
  world: WorldReader,
  place: Place,
  args: readonly string[],
  { name, family }: { name: string; family: Family },
): Output {
  if (args[0] === '--version' || args[0] === '-V') return printed([{ text: `${name} v1.8.9 (nf_tables)` }])
  const words = iptablesWords(splitFlags(args), name)
  if ('stderr' in words) return { lines: [], stderr: words.stderr, exitCode: words.exitCode }
  const { table, verb, chain, rest } = words
  if (verb !== '-L' && verb !== '-S') return notModelled(`${name} ${verb} changes the node's tables`)
  const at = { netns: place.netns, family, table, ...(chain === undefined ? {} : { chain }) }
  const options = optionsOf(rest)
  if (typeof options === 'string')
    return failed(
      `${name} v1.8.9 (nf_tables): unknown option "${options}"\nTry \`${name} -h' or '${name} --help' for more information.`,
      2,
    )
  const lines = verb === '-L' ? listTable(world, at, options) : specTable(world, at)
  return lines
    ? printed(lines)
    : failed(`${name} v1.8.9 (nf_tables): chain \`${chain}' in table \`${table}' is incompatible, use 'nft' tool.`, 1)
}

const FLAGS: Readonly<Record<string, keyof ListOptions | 'none'>> = {
  '-n': 'numeric',
  '--numeric': 'numeric',
  '-v': 'verbose',
  '--verbose': 'verbose',
  '-x': 'exact',
  '--exact': 'exact',
  '--line-numbers': 'lineNumbers',
  '--line': 'lineNumbers',
  '-w': 'none',
}

function optionsOf(words: readonly string[]): ListOptions | string {
  const unknown = words.find((word) => FLAGS[word] === undefined)
  return unknown ?? Object.fromEntries(words.map((word) => [FLAGS[word], true]))
}

/** `-nvL` is `-n -v -L`; the verb goes last, before its chain. */
function splitFlags(args: readonly string[]): string[] {
  return args.flatMap((word) => {
    if (!/^-[a-zA-Z]{2,}$/.test(word) || word.startsWith('--')) return [word]
    const letters = [...word.slice(1)].map((letter) => `-${letter}`)
    return letters.sort((a, b) => Number(/[A-Z]/.test(a)) - Number(/[A-Z]/.test(b)))
  })
}
