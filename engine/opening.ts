import type { Question, SourceFile } from './protocol.ts'

/**
 * The opening scene: a shop on three workers. The backend listens on 8080, its Service says `targetPort: 80`:
 * the first packet dies at the far pod, and the question is where.
 */
export const OPENING_FILES: readonly SourceFile[] = [
  {
    name: 'shop.yaml',
    text: `# A frontend calls its backend through a Service. The call fails: where does it die?
apiVersion: apps/v1
kind: Deployment
metadata:
  name: frontend
spec:
  replicas: 1
  selector:
    matchLabels: { app: frontend }
  template:
    metadata:
      labels: { app: frontend }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  replicas: 2
  selector:
    matchLabels: { app: backend }
  template:
    metadata:
      labels: { app: backend }
    spec:
      containers:
        - name: api
          image: registry.k8s.io/e2e-test-images/agnhost:2.53
          args: [netexec, --http-port=8080]
          ports:
            - name: http
              containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector: { app: backend }
  ports:
    - port: 80
      targetPort: 80
`,
  },
  {
    name: 'cluster.yaml',
    text: `# The playground's own kind: which nodes, which network. Try cni name kubenet, or backend host-gw.
apiVersion: podwalk.dev/v1
kind: Cluster
metadata:
  name: playground
spec:
  nodes: 4
  networking:
    podSubnet: 10.244.0.0/16
    serviceSubnet: 10.96.0.0/16
    cni:
      name: flannel
      backend: vxlan
`,
  },
]

export const OPENING_QUESTION: Question = {
  from: 'default/deploy/frontend',
  to: 'svc/backend.default',
  port: 80,
  protocol: 'TCP',
}
