package simcluster

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// discovery is what the manager's REST mapper asks for, by path. It is the same for every run.
var discovery = map[string][]byte{
	"/api": inJSON.encode(&metav1.APIVersions{
		TypeMeta: metav1.TypeMeta{Kind: "APIVersions"},
		Versions: []string{"v1"},
	}),
	"/apis": inJSON.encode(&metav1.APIGroupList{
		TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"},
		Groups: []metav1.APIGroup{{
			Name:             "coordination.k8s.io",
			Versions:         []metav1.GroupVersionForDiscovery{{GroupVersion: "coordination.k8s.io/v1", Version: "v1"}},
			PreferredVersion: metav1.GroupVersionForDiscovery{GroupVersion: "coordination.k8s.io/v1", Version: "v1"},
		}},
	}),
	"/api/v1": inJSON.encode(&metav1.APIResourceList{
		TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
		GroupVersion: "v1",
		APIResources: []metav1.APIResource{{
			Name: "configmaps", SingularName: "configmap", Namespaced: true, Kind: "ConfigMap",
			Verbs: metav1.Verbs{"create", "delete", "get", "list", "patch", "update", "watch"},
		}},
	}),
	"/apis/coordination.k8s.io/v1": inJSON.encode(&metav1.APIResourceList{
		TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
		GroupVersion: "coordination.k8s.io/v1",
		APIResources: []metav1.APIResource{{
			Name: "leases", SingularName: "lease", Namespaced: true, Kind: "Lease",
			Verbs: metav1.Verbs{"create", "delete", "get", "list", "patch", "update", "watch"},
		}},
	}),
}
