import { expect, test } from 'vitest'
import { endpointChain, shortHash } from './chain-names.ts'

// The first four are the names seen on every cluster.
test.each([
  ['kube-system/kube-dns:dns', 'udp', 'TCOU7JCQXEZGVUNU'],
  ['kube-system/kube-dns:dns-tcp', 'tcp', 'ERIFXISQEP7F7OF4'],
  ['kube-system/kube-dns:metrics', 'tcp', 'JD5MR3NA4I4DYORP'],
  ['default/kubernetes:https', 'tcp', 'NPX46M4PTMTKRN6Y'],
  ['default/web:http', 'tcp', 'CDGGSHYLG3RE2FKL'],
  ['default/my-service', 'tcp', 'FXIYY6OHUSNBITIX'],
])('KUBE-SVC of %s %s ends in %s', (name, protocol, hash) => {
  expect(shortHash(name + protocol)).toBe(hash)
})

test.each([
  ['10.244.1.11:8080', 'KUBE-SEP-ELX6N4Z5RGB67TLC'],
  ['10.244.2.11:8080', 'KUBE-SEP-YYQCU4TCGTAHGAPQ'],
  ['10.244.3.11:8080', 'KUBE-SEP-TJH54CDJZXWUEF5H'],
  ['[fd00:10:244:2::11]:8080', 'KUBE-SEP-RITEZVI73MRX25IH'],
])('endpoint %s of default/web:http has chain %s', (endpoint, chain) => {
  expect(endpointChain({ name: 'default/web:http', protocol: 'tcp' }, endpoint)).toBe(chain)
})
