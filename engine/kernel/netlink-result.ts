import { err, ok, type Result } from '../core/result.ts'
import type { Errno } from './contract.ts'

/** What the kernel answers to a netlink request: nothing, or an errno and the line that `ip` prints for it. */
export interface NetlinkError {
  readonly errno: Errno
  /** As iproute2 prints it: `RTNETLINK answers: File exists`, `Error: Nexthop has invalid gateway.` */
  readonly message: string
}

export type NetlinkResult<T = void> = Result<T, NetlinkError>

/** strerror(3) of what netlink answers. */
const TEXT: Partial<Record<Errno, string>> = {
  EEXIST: 'File exists',
  ENOENT: 'No such file or directory',
  ESRCH: 'No such process',
  ENODEV: 'No such device',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  ENETUNREACH: 'Network is unreachable',
  EHOSTUNREACH: 'No route to host',
  ENETDOWN: 'Network is down',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EOPNOTSUPP: 'Operation not supported',
  EPERM: 'Operation not permitted',
  ELOOP: 'Too many levels of symbolic links',
}

export const done: NetlinkResult = ok(undefined)

/** The kernel's refusal; `reason` is its extended acknowledgement, where it gives one. */
export function refuse(errno: Errno, reason?: string): { readonly ok: false; readonly error: NetlinkError } {
  return err({ errno, message: reason ? `Error: ${reason}.` : `RTNETLINK answers: ${TEXT[errno] ?? errno}` }) as {
    readonly ok: false
    readonly error: NetlinkError
  }
}
