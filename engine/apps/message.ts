/** What programs say to each other, as plain data in `Data.message`. */
export type Message = RequestMessage | AnswerMessage | HttpRequest | HttpResponse

/** A line of some protocol that we do not model: whoever reads it answers. */
export interface RequestMessage {
  readonly kind: 'request'
}

export interface AnswerMessage {
  readonly kind: 'answer'
  /** Who answers: `namespace/name` of a pod, or a host's name. */
  readonly from: string
}

export interface HttpRequest {
  readonly kind: 'http-request'
  readonly method: string
  readonly host: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface HttpResponse {
  readonly kind: 'http-response'
  readonly status: number
  readonly backend: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly responseHeaders: Readonly<Record<string, string>>
}

/** Bytes of an HTTP/1.1 request head as it is written on the wire. */
export function httpRequestBytes(request: HttpRequest): number {
  const line = request.method.length + request.path.length + ' HTTP/1.1'.length + 3
  return line + `Host: ${request.host}`.length + 2 + headerBytes(request.headers) + 2
}

export function httpResponseBytes(response: HttpResponse): number {
  return 'HTTP/1.1 200 OK\r\n'.length + headerBytes(response.responseHeaders) + 2 + response.backend.length
}

function headerBytes(headers: Readonly<Record<string, string>>): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
}
