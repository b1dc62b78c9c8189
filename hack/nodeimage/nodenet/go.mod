module github.com/interregnum/interregnum/hack/nodeimage/nodenet

go 1.26.0
