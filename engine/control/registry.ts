import { deploymentController } from './deployment/controller.ts'
import { replicaSetController, replicationController } from './replicaset.ts'
import { kubeScheduler } from './scheduler/controller.ts'
import type { Controller } from './types.ts'

/** The loops of kube-controller-manager and the scheduler. Those of other folders are listed in `engine/controllers.ts`. */
export const CONTROL_PLANE: readonly Controller[] = [deploymentController, replicaSetController, replicationController, kubeScheduler]
