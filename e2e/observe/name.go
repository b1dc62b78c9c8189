package observe

// ReplicaName is what the replica is called that has the number n, from 0 on: a, b, ... z, aa, ab, ...
func ReplicaName(n int) string {
	const letters = 26
	name := ""
	for n++; n > 0; n = (n - 1) / letters {
		name = string(rune('a'+(n-1)%letters)) + name
	}
	return name
}
