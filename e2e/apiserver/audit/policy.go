// Package audit is the second witness: what the API server itself records of every write (its audit log), read as facts.
//
// The policy and the flags are the same wherever there is a kube-apiserver, and so is the reading of its log: [Log] takes
// the log and tells which writes it holds, [Attribute] tells whose they are.
package audit

import _ "embed" // The policy.

// Policy is the audit policy (audit.k8s.io/v1, Policy), as YAML.
//
//go:embed policy.yaml
var Policy []byte

// neverRotated is above what any run writes, in megabytes. A log that is rotated is one whose reader misses the end of the
// old file.
const neverRotated = "1000000"

// Flags are what a kube-apiserver needs to record writes, by name, without dashes: the policy is in the file policy, the log
// goes to the file log.
func Flags(policy, log string) map[string]string {
	return map[string]string{
		"audit-policy-file": policy,
		"audit-log-path":    log,
		// An event is in the file before the request goes on, or is answered: what was read to its end lacks nothing. Strict:
		// a request that could not be recorded is not served.
		"audit-log-mode":    "blocking-strict",
		"audit-log-format":  "json",
		"audit-log-maxsize": neverRotated,
	}
}
