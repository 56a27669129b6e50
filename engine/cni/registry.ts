import { bridge } from './plugins/bridge.ts'
import { flannel } from './plugins/flannel.ts'
import { hostLocal } from './plugins/host-local.ts'
import { loopback } from './plugins/loopback.ts'
import { portmap } from './plugins/portmap.ts'
import { ptp } from './plugins/ptp.ts'
import type { CniPlugin } from './spec.ts'

/** The executables in /opt/cni/bin of every node. */
export const PLUGINS: readonly CniPlugin[] = [bridge, flannel, hostLocal, loopback, portmap, ptp]
