import type { WorldReader } from '../core/world.ts'
import { showFdb } from './bridge/fdb.ts'
import { showBridgeLinks } from './bridge/link.ts'
import { type Command, failed, notModelled, type Output, type Place } from './types.ts'
import { isOutput, matching, type Options, readOptions } from './words.ts'

type Show = (world: WorldReader, place: Place, options: Options, words: readonly string[]) => Output

/** Objects in the order in which bridge(8) tries beginnings. */
const OBJECTS: readonly (readonly [string, Show | undefined])[] = [
  ['link', showBridgeLinks],
  ['fdb', showFdb],
  ['mdb', undefined],
  ['vlan', undefined],
  ['monitor', undefined],
  ['help', undefined],
]

const VERBS = ['add', 'append', 'replace', 'delete', 'show', 'lst', 'list', 'get', 'flush', 'set', 'help']

/** bridge(8) of iproute2 6.1, as far as it reads. */
export const bridgeCommand: Command = {
  name: 'bridge',
  usage: 'bridge [-s] [-d] fdb [show [br BR] [dev X]] | bridge [-d] link [show [dev X]]',
  run(world, place, args) {
    const options = readOptions('bridge', args)
    if (isOutput(options)) return options
    const [word, ...words] = options.rest
    if (word === undefined) return failed('Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }', 255)
    const object = OBJECTS.find(([name]) => name.startsWith(word))
    if (!object) return failed(`Object "${word}" is unknown, try "bridge help".`, 255)
    const [name, show] = object
    if (!show) return notModelled(`bridge ${name}`)
    if (words.length === 0) return show(world, place, options, [])
    const verb = matching(words[0], VERBS)
    if (verb === 'show' || verb === 'lst' || verb === 'list') return show(world, place, options, words.slice(1))
    if (verb === undefined) return failed(`Command "${words[0]}" is unknown, try "bridge ${name} help".`, 255)
    return notModelled(`bridge ${name} ${verb}`)
  },
}
