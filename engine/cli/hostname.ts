import { readFile } from '../kernel/file.ts'
import { refTo } from '../kernel/ids.ts'
import { type Command, notModelled, printed } from './types.ts'

/** hostname(1): a machine's name, a pod's own; `-I` lists addresses. */
export const hostnameCommand: Command = {
  name: 'hostname',
  usage: 'hostname [-I | -i]',
  run(world, place, args) {
    const [flag] = args
    if (flag === '-I' || flag === '--all-ip-addresses' || flag === '-i' || flag === '--ip-address') {
      const rows = world.by('addr', 'netns', place.netns).filter((row) => row.scope === 'global')
      const shown = flag.startsWith('-I') || flag === '--all-ip-addresses' ? rows : rows.slice(0, 1)
      const text = shown.map((row) => row.address).join(' ')
      return printed(
        shown.length > 0 ? [{ text: flag === '-I' ? `${text} ` : text, ref: refTo('addr', shown[0]) }] : [],
      )
    }
    if (flag !== undefined && flag !== '-s' && flag !== '-f') return notModelled(flag)
    const netns = world.get('netns', place.netns)
    const own = place.netns !== place.host
    const file = readFile(world, own ? place.netns : place.host, '/etc/hostname')
    const text = file?.trim() ?? (own ? netns?.cause?.name : undefined) ?? place.host
    return printed([{ text, ...(netns ? { ref: refTo('netns', netns) } : {}) }])
  },
}
