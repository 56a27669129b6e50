import type { WorldReader } from '../../core/world.ts'
import { hasCarrier } from '../../kernel/dev/link-verbs.ts'
import { refTo } from '../../kernel/ids.ts'
import type { LinkRow } from '../../kernel/tables.ts'
import { flagsOf } from '../ip/link-lines.ts'
import { failed, type Line, type Output, type Place, printed } from '../types.ts'
import { type Options, Words } from '../words.ts'

/** `bridge link [show] [dev X] [master BR]`: the ports of the netns' bridges. Models iproute2 bridge/link.c print_linkinfo(). */
export function showBridgeLinks(world: WorldReader, place: Place, options: Options, args: readonly string[]): Output {
  const links = world.by('link', 'netns', place.netns)
  const words = new Words(args)
  let chosen = links.filter((link) => link.master !== undefined)
  while (!words.done) {
    const word = words.next()
    const name = words.next() ?? ''
    if (word !== 'dev' && word !== 'master') return failed(`Command "${word}" is unknown, try "bridge link help".`, 255)
    const link = links.find((row) => row.name === name)
    if (!link) return failed(`Cannot find device "${name}"`, 255)
    chosen = chosen.filter((row) => (word === 'dev' ? row.id : row.master) === link.id)
  }
  return printed(chosen.flatMap((link) => linesOf(world, links, link, options)))
}

function linesOf(world: WorldReader, links: readonly LinkRow[], link: LinkRow, options: Options): Line[] {
  const ref = refTo('link', link)
  const master = link.master ? world.get('link', link.master)?.name : undefined
  const state = link.up && hasCarrier(world, link) ? 'forwarding' : 'disabled'
  const head = `${link.ifindex}: ${nameOf(world, links, link)}: ${flagsOf(world, link)} mtu ${link.mtu} master ${master} state ${state} priority 32 cost 2 `
  if (!options.details) return [{ text: head, ref }]
  const { hairpin = false, learning = true, flood = true, isolated = false } = link.port ?? {}
  const on = (value: boolean) => (value ? 'on' : 'off')
  const flags = [
    `    hairpin ${on(hairpin)} guard off root_block off fastleave off learning ${on(learning)} flood ${on(flood)} mcast_flood on bcast_flood on`,
    `mcast_router 1 mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated ${on(isolated)} locked off `,
  ].join(' ')
  return [
    { text: head, ref },
    { text: flags, ref },
  ]
}

/** Unlike ip(8), bridge(8) takes the number of a pair's other end for one of this netns, and prints the name it has here. */
function nameOf(world: WorldReader, links: readonly LinkRow[], link: LinkRow): string {
  const peer = link.kind === 'veth' && link.peer ? world.get('link', link.peer) : undefined
  if (!peer) return link.name
  const here = links.find((row) => row.ifindex === peer.ifindex)
  return `${link.name}@${here ? here.name : `if${peer.ifindex}`}`
}
