module github.com/interregnum/interregnum/hack/nodeimage/pause

go 1.26.0
