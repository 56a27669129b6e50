import { assertNever } from '../../core/assert.ts'
import type { LinkKind } from '../tables.ts'
import { bridgeDriver } from './bridge.ts'
import type { DeviceDriver } from './driver.ts'
import { dummyDriver } from './dummy.ts'
import { etherDriver } from './ether.ts'
import { ipipDriver } from './ipip.ts'
import { loopbackDriver } from './loopback.ts'
import { vethDriver } from './veth.ts'
import { vxlanDriver } from './vxlan.ts'

/**
 * What each kind of device does with a packet that it is given to send. A switch and not a table of values: drivers hand
 * packets to each other, so these modules import each other in a circle, and a function is there from the start.
 */
export function driverOf(kind: LinkKind): DeviceDriver {
  switch (kind) {
    case 'loopback':
      return loopbackDriver
    case 'veth':
      return vethDriver
    case 'ether':
      return etherDriver
    case 'bridge':
      return bridgeDriver
    case 'vxlan':
      return vxlanDriver
    case 'ipip':
      return ipipDriver
    case 'dummy':
    case 'tun': // Simplified: a tun device hands its packets to no program, they are swallowed; no provider reads one yet.
      return dummyDriver
    default:
      return assertNever(kind)
  }
}
