import { ok } from '../../core/result.ts'
import { linkId } from '../../kernel/ids.ts'
import { linkSet } from '../../kernel/netlink.ts'
import { type CniPlugin, type CniResult, failed } from '../spec.ts'

/** Brings `lo` up; every runtime runs it before the network. Models plugins/main/loopback/loopback.go. */
export const loopback: CniPlugin = {
  type: 'loopback',
  add(call) {
    if (call.netns === undefined) return failed(call, `failed to open netns "${call.env.CNI_NETNS}"`)
    linkSet(call.ctx.tx, linkId(call.netns, 'lo'), { up: true })
    return ok(call.conf.prevResult ?? ({ cniVersion: call.conf.cniVersion } satisfies CniResult))
  },
  del: () => ok(undefined),
  check(call) {
    const lo = call.ctx.tx.get('link', linkId(call.netns ?? '', 'lo'))
    return lo?.up ? ok(undefined) : failed(call, 'loopback interface is down')
  },
}
