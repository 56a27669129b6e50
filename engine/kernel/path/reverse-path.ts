import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { familyOf, isUnspecified } from '../../net/ip.ts'
import { fibLookup } from '../fib/lookup.ts'
import { hasCustomRules } from '../fib/rules.ts'
import { ownsAddress } from '../fib/source.ts'
import { refTo } from '../ids.ts'
import { confKey, confOf, maxConfOf, sysctlNumber, sysctlRef } from '../sysctl.ts'
import type { LinkRow, RecordRef } from '../tables.ts'
import type { ReasonCode } from '../trace/reasons.ts'

/**
 * Would an answer leave by the device the packet came in by? Strict (1) wants that device, loose (2) any route.
 * The larger of `all` and the device's own rp_filter counts. Undefined: the source is believed.
 * Models net/ipv4/fib_frontend.c fib_validate_source(). IPv6 has no rp_filter.
 */
export function reversePath(
  ctx: Ctx,
  link: LinkRow,
  mark: number,
  src: Ip,
  dst: Ip,
): { reason: ReasonCode; detail: string; by?: RecordRef } | undefined {
  if (familyOf(dst) === 'ipv6' || link.kind === 'loopback' || isUnspecified(src)) return undefined
  const mode = maxConfOf(ctx.tx, link, 'ipv4', 'rp_filter')
  const acceptsOwn = confOf(ctx.tx, link, 'ipv4', 'accept_local') > 0
  if (mode === 0 && acceptsOwn) return undefined
  if (mode === 0 && !hasCustomRules(ctx.tx, link.netns, 'ipv4'))
    return ownsAddress(ctx.tx, link.netns, src) ? own(ctx, link, src) : undefined
  const back = {
    netns: link.netns,
    dst: src,
    src: dst,
    ...(confOf(ctx.tx, link, 'ipv4', 'src_valid_mark') ? { mark } : {}),
  }
  const found = fibLookup(ctx.tx, back)
  const failed = (detail: string, by = settingOf(ctx, link)) => ({ reason: 'rpf.failed' as const, detail, by })
  if (found.kind !== 'route') return mode > 0 ? failed(`no route leads back to ${src}`) : undefined
  if (found.route.type === 'local') return acceptsOwn ? undefined : own(ctx, link, src)
  if (found.route.type !== 'unicast')
    return {
      reason: 'martian.source',
      detail: `${src} is a ${found.route.type} address`,
      by: refTo('route', found.route),
    }
  if (found.route.nexthops.some((hop) => hop.dev === link.id)) return undefined
  const hasAddress = ctx.tx.by('addr', 'link', link.id).some((row) => row.family === 'ipv4')
  if (mode === 0 || (mode === 2 && hasAddress)) return undefined
  return failed(`an answer to ${src} would not leave by ${link.name}: reverse path filtering is strict`)
}

function own(ctx: Ctx, link: LinkRow, src: Ip): { reason: ReasonCode; detail: string; by?: RecordRef } {
  const row = ctx.tx.oneBy('addr', 'netnsAddress', `${link.netns}|${src}`)
  return {
    reason: 'martian.source',
    detail: `the source ${src} is an address of this host itself`,
    ...(row ? { by: refTo('addr', row) } : {}),
  }
}

function settingOf(ctx: Ctx, link: LinkRow): RecordRef {
  const all = sysctlNumber(ctx.tx, link.netns, 'net.ipv4.conf.all.rp_filter')
  const mine = confOf(ctx.tx, link, 'ipv4', 'rp_filter')
  return sysctlRef(ctx.tx, link.netns, confKey('ipv4', all >= mine ? 'all' : link.name, 'rp_filter'))
}
