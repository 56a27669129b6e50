import type { ApiFlags } from './types.ts'

/** kubeadm's ranges, as kind sets them. */
export const DEFAULT_FLAGS: ApiFlags = { serviceCidrs: ['10.96.0.0/16'], nodePorts: [30000, 32767], mostPods: 10_000 }
