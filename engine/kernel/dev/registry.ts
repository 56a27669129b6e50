import type { LinkKind } from '../tables.ts'
import { bridgeDriver } from './bridge.ts'
import type { DeviceDriver } from './driver.ts'
import { dummyDriver } from './dummy.ts'
import { etherDriver } from './ether.ts'
import { ipipDriver } from './ipip.ts'
import { loopbackDriver } from './loopback.ts'
import { vethDriver } from './veth.ts'
import { vxlanDriver } from './vxlan.ts'

/** What each kind of device does with a packet that it is given to send. */
export const DRIVERS: Readonly<Record<LinkKind, DeviceDriver>> = {
  loopback: loopbackDriver,
  veth: vethDriver,
  ether: etherDriver,
  bridge: bridgeDriver,
  vxlan: vxlanDriver,
  ipip: ipipDriver,
  dummy: dummyDriver,
  // Simplified: a tun device hands its packets to no program, they are swallowed; no provider reads one yet.
  tun: dummyDriver,
}
