import { showAddrs } from './ip/addr.ts'
import { showLinks } from './ip/link.ts'
import { showNeigh } from './ip/neigh.ts'
import { showRoutes } from './ip/route.ts'
import { getRoute } from './ip/route-get.ts'
import { showRules } from './ip/rule.ts'
import type { WorldReader } from '../core/world.ts'
import { type Command, failed, notModelled, type Output, type Place } from './types.ts'
import { isOutput, matching, type Options, readOptions } from './words.ts'

type Show = (world: WorldReader, place: Place, options: Options, words: readonly string[]) => Output

/** Objects in the order in which ip(8) tries beginnings; those without functions exist there and not here. */
const OBJECTS: readonly (readonly [
  string,
  { readonly help: string; readonly show: Show; readonly get?: Show } | undefined,
])[] = [
  ['address', { help: 'address', show: showAddrs }],
  ['addrlabel', undefined],
  ['maddress', undefined],
  ['route', { help: 'route', show: showRoutes, get: getRoute }],
  ['rule', { help: 'rule', show: showRules }],
  ['neighbor', { help: 'neigh', show: showNeigh }],
  ['neighbour', { help: 'neigh', show: showNeigh }],
  ['ntable', undefined],
  ['ntbl', undefined],
  ['link', { help: 'link', show: showLinks }],
  ['l2tp', undefined],
  ['fou', undefined],
  ['ila', undefined],
  ['macsec', undefined],
  ['tunnel', undefined],
  ['tunl', undefined],
  ['tuntap', undefined],
  ['tap', undefined],
  ['token', undefined],
  ['tcpmetrics', undefined],
  ['tcp_metrics', undefined],
  ['monitor', undefined],
  ['xfrm', undefined],
  ['mroute', undefined],
  ['mrule', undefined],
  ['netns', undefined],
  ['netconf', undefined],
  ['vrf', undefined],
  ['sr', undefined],
  ['nexthop', undefined],
  ['mptcp', undefined],
  ['ioam', undefined],
  ['help', undefined],
  ['stats', undefined],
]

const VERBS = [
  'add',
  'change',
  'replace',
  'delete',
  'show',
  'list',
  'lst',
  'flush',
  'get',
  'save',
  'restore',
  'append',
  'prepend',
  'set',
  'help',
]

/** ip(8) of iproute2 6.1, as far as it reads. */
export const ipCommand: Command = {
  name: 'ip',
  usage:
    'ip [-4|-6] [-d] [-s] [-br] { addr | link | route | neigh | rule } [show ...] | ip route get DST [from SRC] [iif DEV] [mark M]',
  run(world, place, args) {
    const options = readOptions('ip', args)
    if (isOutput(options)) return options
    const [word, ...words] = options.rest
    if (word === undefined) return failed('Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }', 255)
    const object = OBJECTS.find(([name]) => name.startsWith(word))
    if (!object) return failed(`Object "${word}" is unknown, try "ip help".`, 1)
    const [name, known] = object
    if (!known) return notModelled(`ip ${name}`)
    if (words.length === 0) return known.show(world, place, options, [])
    const verb = matching(words[0], VERBS)
    if (verb === 'show' || verb === 'list' || verb === 'lst') return known.show(world, place, options, words.slice(1))
    if (verb === 'get' && known.get) return known.get(world, place, options, words.slice(1))
    if (verb === undefined || verb === 'get')
      return failed(`Command "${words[0]}" is unknown, try "ip ${known.help} help".`, 255)
    return notModelled(`ip ${name} ${verb}`)
  },
}
