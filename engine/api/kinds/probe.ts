import { type FieldError, required, tooMany } from '../field-error.ts'
import { int, intOrString, list, object, string } from './schema.ts'

/** What a probe or a lifecycle hook does. */
export const HANDLER_FIELDS = {
  exec: object('ExecAction', 'Runs a command in the container; exit code 0 is success.', {
    command: list('Program and arguments, without a shell.', string('Argument.')),
  }),
  httpGet: object('HTTPGetAction', 'Asks for a page; 200 to 399 is success.', {
    path: string('Path of the page.', { default: '/' }),
    port: intOrString('Number, or name of a container port.', { required: true, format: 'port-or-name' }),
    host: string('Host to connect to; the pod’s own address if absent.'),
    scheme: string('Scheme of the request.', { values: ['HTTP', 'HTTPS'], default: 'HTTP' }),
    httpHeaders: list(
      'Headers to send.',
      object('HTTPHeader', 'A header.', {
        name: string('Its name.', { required: true }),
        value: string('Its value.'),
      }),
    ),
  }),
  tcpSocket: object('TCPSocketAction', 'Opens a TCP connection; an established one is success.', {
    port: intOrString('Number, or name of a container port.', { required: true, format: 'port-or-name' }),
    host: string('Host to connect to; the pod’s own address if absent.'),
  }),
  grpc: object('GRPCAction', 'Calls the gRPC health service.', {
    port: int('Port of the service.', { required: true, format: 'port' }),
    service: string('Name of the service asked about.', { default: '' }),
  }),
}

export const PROBE = object(
  'Probe',
  'A question that the kubelet asks the container again and again.',
  {
    ...HANDLER_FIELDS,
    initialDelaySeconds: int('Seconds from the start of the container to the first question.', { min: 0 }),
    timeoutSeconds: int('Seconds after which a question counts as failed.', { min: 1, default: 1 }),
    periodSeconds: int('Seconds between two questions.', { min: 1, default: 10 }),
    successThreshold: int('Successes in a row that turn failure into success.', { min: 1, default: 1 }),
    failureThreshold: int('Failures in a row that turn success into failure.', { min: 1, default: 3 }),
    terminationGracePeriodSeconds: int('Seconds between the signal to end and the kill, after a failed probe.', {
      min: 1,
    }),
  },
  { check: checkHandler },
)

/** Models pkg/apis/core/validation validateHandler. */
export function checkHandler(probe: Readonly<Record<string, unknown>>, path: string): readonly FieldError[] {
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((key) => probe[key] !== undefined)
  if (handlers.length === 0) return [required(path, 'must specify a handler type')]
  return handlers.length > 1
    ? [
        {
          ...tooMany(path, handlers.length, 1),
          type: 'forbidden',
          message: 'Forbidden: may not specify more than 1 handler type',
        },
      ]
    : []
}
