import type { Family } from '../../net/address.ts'
import type { NfTarget } from '../tables.ts'
import { type Draft, type Option, readMasked, store } from './match-modules.ts'
import { readNumber } from './words.ts'

/** The targets that take options, as `MatchModule` for `-j`. */
export interface TargetModule {
  readonly options: Readonly<Record<string, Option>>
  build(draft: Draft, family: Family): NfTarget | string
}

const text = (key: string): Option => ({ args: 1, read: (draft, [value]) => store(draft, key, value) })
const flag = (key: string): Option => ({ args: 0, read: (draft) => store(draft, key, true) })
const chances = {
  '--random': flag('random'),
  '--random-fully': flag('randomFully'),
  '--persistent': flag('persistent'),
}

/** How each spelling of a mark becomes (mark & ~mask) ^ value. */
const MARK_FORMS: Readonly<
  Record<string, (value: number, mask: number, masked: boolean) => readonly [value: number, mask: number]>
> = {
  '--set-xmark': (value, mask) => [value, mask],
  '--set-mark': (value, mask, masked) => (masked ? [value, (mask | value) >>> 0] : [value, 0xffff_ffff]),
  '--or-mark': (value) => [value, value],
  '--and-mark': (value) => [0, ~value >>> 0],
  '--xor-mark': (value) => [value, 0],
}
const markOptions: Readonly<Record<string, Option>> = Object.fromEntries(
  Object.entries(MARK_FORMS).map(([name, form]): [string, Option] => [
    name,
    {
      args: 1,
      read(draft, [given]) {
        const masked = readMasked(given)
        if (!masked) return `MARK: Bad value for "${name}" option: "${given}"`
        const [value, mask] = form(masked.value, masked.mask, given.includes('/'))
        Object.assign(draft, { op: 'set-xmark', value, mask })
        return undefined
      },
    },
  ]),
)
const connmarkOp = (op: 'save' | 'restore'): Option => ({ args: 0, read: (draft) => void Object.assign(draft, { op }) })

export const REJECT_TYPES: Readonly<Record<Family, readonly string[]>> = {
  ipv4: [
    'icmp-net-unreachable',
    'icmp-host-unreachable',
    'icmp-proto-unreachable',
    'icmp-port-unreachable',
    'icmp-net-prohibited',
    'icmp-host-prohibited',
    'icmp-admin-prohibited',
    'tcp-reset',
  ],
  ipv6: [
    'icmp6-no-route',
    'icmp6-adm-prohibited',
    'icmp6-addr-unreachable',
    'icmp6-port-unreachable',
    'icmp6-policy-fail',
    'icmp6-reject-route',
    'tcp-reset',
  ],
}

const nat = (kind: 'DNAT' | 'SNAT', option: string): TargetModule => ({
  options: { [option]: text('to'), '--to': text('to'), ...chances },
  build: (draft) => (draft.to ? ({ kind, ...draft } as NfTarget) : `${kind}: option "${option}" must be specified`),
})

export const TARGET_MODULES: Readonly<Record<string, TargetModule>> = {
  DNAT: nat('DNAT', '--to-destination'),
  SNAT: nat('SNAT', '--to-source'),
  MASQUERADE: {
    options: {
      '--to-ports': text('toPorts'),
      '--random': chances['--random'],
      '--random-fully': chances['--random-fully'],
    },
    build: (draft) => ({ kind: 'MASQUERADE', ...draft }),
  },
  REDIRECT: { options: { '--to-ports': text('toPorts') }, build: (draft) => ({ kind: 'REDIRECT', ...draft }) },
  MARK: {
    options: markOptions,
    build: (draft) =>
      draft.op
        ? ({ kind: 'MARK', ...draft } as NfTarget)
        : 'MARK: exactly one of the "--set-xmark", "--set-mark", "--and-mark", "--or-mark" options must be specified',
  },
  CONNMARK: {
    options: {
      ...markOptions,
      '--save-mark': connmarkOp('save'),
      '--restore-mark': connmarkOp('restore'),
      '--nfmask': text('nfmask'),
      '--ctmask': text('ctmask'),
      '--mask': text('nfmask'),
    },
    build({ nfmask, ctmask: _ctmask, ...draft }) {
      if (!draft.op)
        return 'CONNMARK: exactly one of the "--set-xmark", "--set-mark", "--save-mark", "--restore-mark" options must be specified'
      const mask = nfmask === undefined ? undefined : readNumber(String(nfmask))
      return { kind: 'CONNMARK', ...draft, ...(mask === undefined ? {} : { mask }) } as NfTarget
    },
  },
  REJECT: {
    options: { '--reject-with': text('with') },
    build(draft, family) {
      const given = String(draft.with ?? (family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'))
      const type = REJECT_TYPES[family].find((name) => name === given || shortName(name) === given)
      return type ? { kind: 'REJECT', with: type } : `unknown reject type "${given}"`
    },
  },
  CT: {
    options: { '--zone': text('zone'), '--notrack': flag('notrack') },
    build: ({ zone, ...draft }) => ({ kind: 'CT', ...draft, ...(zone === undefined ? {} : { zone: Number(zone) }) }),
  },
  LOG: {
    options: { '--log-prefix': text('prefix'), '--log-level': text('level') },
    build: ({ prefix, level }) => ({
      kind: 'LOG',
      ...(prefix ? { prefix: String(prefix) } : {}),
      ...(level === undefined ? {} : { level: logLevel(String(level)) }),
    }),
  },
  TCPMSS: {
    options: { '--clamp-mss-to-pmtu': flag('clampMssToPmtu'), '--set-mss': text('setMss') },
    build: ({ setMss, ...draft }) => ({
      kind: 'TCPMSS',
      ...draft,
      ...(setMss === undefined ? {} : { setMss: Number(setMss) }),
    }),
  },
}

/** Targets without options. */
export const PLAIN_TARGETS = ['ACCEPT', 'DROP', 'RETURN', 'NOTRACK', 'TRACE'] as const

/** `port-unreach` for `icmp-port-unreachable`, as iptables' help says. */
const shortName = (name: string) => name.replace(/^icmp6?-/, '').replace('unreachable', 'unreach')

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug']
const logLevel = (level: string) => (/^\d$/.test(level) ? Number(level) : Math.max(0, LEVELS.indexOf(level)))
