/** Whole objects to begin with, offered where a document is empty. */
export const SNIPPETS: readonly { readonly label: string; readonly doc: string; readonly text: string }[] = [
  {
    label: 'Deployment',
    doc: 'Two pods that listen on port 8080.',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: registry.k8s.io/e2e-test-images/agnhost:2.53
        args: [netexec, --http-port=8080]
        ports:
        - containerPort: 8080
`,
  },
  {
    label: 'Service',
    doc: 'One address for the pods with label app: web.',
    text: `apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80
    targetPort: 8080
`,
  },
  {
    label: 'Pod',
    doc: 'A pod to send packets from.',
    text: `apiVersion: v1
kind: Pod
metadata:
  name: client
spec:
  containers:
  - name: client
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    args: [pause]
`,
  },
  {
    label: 'Cluster',
    doc: 'The machines and their network.',
    text: `apiVersion: podwalk.dev/v1
kind: Cluster
metadata:
  name: kubernetes
spec:
  nodes: 3
  networking:
    cni:
      name: flannel
      backend: vxlan
`,
  },
]
