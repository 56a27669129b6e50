/** The layers under the sockets, in one place: what sends a packet, and what chooses route and source address. */
export { routeLookup } from '../fib/lookup.ts'
export { ipOutput } from '../path/output.ts'
