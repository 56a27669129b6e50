import { TABLE_NAMES } from '../kernel/netfilter/chains.ts'
import { iptablesSave } from '../kernel/netfilter/iptables-text.ts'
import { type Command, failed, printed } from './types.ts'

/** iptables-save and ip6tables-save 1.8.9 (nf_tables). */
export const iptablesSaveCommands: readonly Command[] = (['ipv4', 'ipv6'] as const).map((family) => {
  const name = family === 'ipv4' ? 'iptables-save' : 'ip6tables-save'
  return {
    name,
    usage: `${name} [-c] [-t TABLE]`,
    run(world, place, args) {
      const at = args.findIndex((word) => word === '-t' || word === '--table')
      const asked = at < 0 ? undefined : args[at + 1]
      const table = TABLE_NAMES.find((candidate) => candidate === asked)
      if (at >= 0 && !table) return failed(`${name}: table '${asked}' does not exist`, 1)
      const rest = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1))
      const unknown = rest.find((word) => word !== '-c' && word !== '--counters')
      if (unknown) return failed(`Unknown arguments found on commandline`, 1)
      return printed(
        iptablesSave(world, place.netns, { family, counters: rest.length > 0, ...(table ? { table } : {}) }),
      )
    },
  }
})
