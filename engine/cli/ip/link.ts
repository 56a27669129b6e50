import type { WorldReader } from '../../core/world.ts'
import { refTo } from '../../kernel/ids.ts'
import type { LinkRow } from '../../kernel/tables.ts'
import { failed, type Line, type Output, type Place, printed } from '../types.ts'
import { isOutput, type Options, Words } from '../words.ts'
import { detailTexts } from './link-detail.ts'
import { briefText, flagsOf, hardwareText, headText, netnsText, statLines } from './link-lines.ts'

/** `ip link [show] [dev X | master BR | type T | up]` */
export function showLinks(world: WorldReader, place: Place, options: Options, words: readonly string[]): Output {
  const links = selectLinks(world, place, words, 'link')
  if (isOutput(links)) return links
  if (options.brief) {
    return printed(
      links.map((link) => ({
        text: `${briefText(world, link)}${link.mac} ${flagsOf(world, link)} `,
        ref: refTo('link', link),
      })),
    )
  }
  return printed(links.flatMap((link) => linkLines(world, link, options, true)))
}

/** The link's own lines; `ip addr` prints the addresses below them. */
export function linkLines(world: WorldReader, link: LinkRow, options: Options, withMode: boolean): Line[] {
  const ref = refTo('link', link)
  const head = headText(world, link, withMode)
  const where = netnsText(world, link)
  // With an address family in view, iproute2 leaves out the hardware's line.
  const hardware = options.family === undefined || options.details || withMode
  const texts = hardware ? [head, `${hardwareText(link)}${where}`] : [`${head}${where}`]
  if (options.details) {
    const ports = link.master ? world.by('link', 'master', link.master) : []
    const [first, ...more] = detailTexts(link, ports, link.master ? world.get('link', link.master) : undefined)
    texts[texts.length - 1] += first
    texts.push(...more)
  }
  const lines = texts.map((text) => ({ text, ref }))
  return options.stats > 0 ? [...lines, ...statLines(world, link)] : lines
}

/** What the words after `show` leave of the netns' links. */
export function selectLinks(
  world: WorldReader,
  place: Place,
  args: readonly string[],
  object: string,
): readonly LinkRow[] | Output {
  const links = world.by('link', 'netns', place.netns)
  const words = new Words(args)
  let chosen: readonly LinkRow[] = links
  let dev: string | undefined
  while (!words.done) {
    const word = words.next() ?? ''
    if (word === 'up') chosen = chosen.filter((link) => link.up)
    else if (word === 'type') chosen = ofType(chosen, words.next() ?? '')
    else if (word === 'master') {
      const bridge = nameOrFail(links, words.next() ?? '')
      if (isOutput(bridge)) return bridge
      chosen = chosen.filter((link) => link.master === bridge.id)
    } else {
      const name = word === 'dev' ? words.next() : word
      if (name === undefined) return failed('Command line is not complete. Try option "help"', 255)
      if (object === 'address' && links.length > 0 && word !== 'dev' && !links.some((link) => link.name === name))
        return failed(`Device "${name}" does not exist.`, 1)
      if (dev !== undefined) return failed(`Error: either "dev" is duplicate, or "${name}" is a garbage.`, 255)
      dev = name
      const link = nameOrFail(links, name)
      if (isOutput(link)) return link
      chosen = chosen.filter((row) => row.id === link.id)
    }
  }
  return chosen
}

function nameOrFail(links: readonly LinkRow[], name: string): LinkRow | Output {
  return links.find((link) => link.name === name) ?? failed(`Device "${name}" does not exist.`, 1)
}

function ofType(links: readonly LinkRow[], type: string): readonly LinkRow[] {
  if (type === 'bridge_slave') return links.filter((link) => link.master !== undefined)
  return links.filter((link) => link.kind === type && link.kind !== 'ether' && link.kind !== 'loopback')
}
