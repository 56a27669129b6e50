// What every JavaScript host of the engine offers (a page, a worker, Node) and the ES2022 library does not declare.
// Seen only by tsconfig.engine.json: the page and the tests have richer declarations of the same names.
declare function structuredClone<T>(value: T): T

declare class TextEncoder {
  encode(text?: string): Uint8Array
}

declare class TextDecoder {
  decode(bytes?: Uint8Array): string
}
