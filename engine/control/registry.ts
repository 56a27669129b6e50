import { daemonSetController } from './daemonset.ts'
import { deploymentController } from './deployment/controller.ts'
import { endpointSliceController } from './endpointslice/controller.ts'
import { garbageCollector } from './garbage-collector.ts'
import { jobController } from './job.ts'
import { namespaceController } from './namespace.ts'
import { nodeIpamController } from './node-ipam.ts'
import { nodeLifecycleController, podGcController } from './node-lifecycle.ts'
import { replicaSetController, replicationController } from './replicaset.ts'
import { kubeScheduler } from './scheduler/controller.ts'
import { serviceAccountController } from './service-account.ts'
import { statefulSetController } from './statefulset.ts'
import type { Controller } from './types.ts'

/** The loops of kube-controller-manager and the scheduler. Those of other folders are listed in `engine/controllers.ts`. */
export const CONTROL_PLANE: readonly Controller[] = [
  ...[namespaceController, serviceAccountController, nodeIpamController, nodeLifecycleController],
  ...[
    deploymentController,
    replicaSetController,
    replicationController,
    statefulSetController,
    daemonSetController,
    jobController,
  ],
  ...[endpointSliceController, garbageCollector, podGcController],
  kubeScheduler,
]
