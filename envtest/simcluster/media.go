package simcluster

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// media is one of the encodings in which clients speak to the API. The libraries' own serializers do it, which the real
// server uses, too; without being told otherwise, client-go asks for protobuf.
type media struct {
	name string
	info runtime.SerializerInfo
}

var (
	inJSON     = mediaOf(runtime.ContentTypeJSON)
	inProtobuf = mediaOf(runtime.ContentTypeProtobuf)
)

func mediaOf(name string) media {
	info, known := runtime.SerializerInfoForMediaType(scheme.Codecs.SupportedMediaTypes(), name)
	if !known {
		panic("client-go does not speak " + name)
	}
	return media{name: name, info: info}
}

// accepted is the encoding that the client wants the answer in: the first of those it names.
func accepted(request *http.Request) media {
	first, _, _ := strings.Cut(request.Header.Get("Accept"), ",")
	return mediaNamed(first)
}

// sent is the encoding of the request's body.
func sent(request *http.Request) media { return mediaNamed(request.Header.Get("Content-Type")) }

func mediaNamed(name string) media {
	if strings.HasPrefix(name, runtime.ContentTypeProtobuf) {
		return inProtobuf
	}
	return inJSON
}

func (m media) encode(object runtime.Object) []byte {
	if kept, is := object.(*stored); is {
		if m.name == inProtobuf.name {
			return kept.encoded
		}
		object = kept.object
	}
	var encoded bytes.Buffer
	if err := m.info.Serializer.Encode(object, &encoded); err != nil {
		panic(fmt.Sprintf("encoding what was decoded before: %v", err))
	}
	return encoded.Bytes()
}
