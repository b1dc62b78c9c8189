package history

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
)

// seal stands in the last line of a history, the fact [Ended], and says what the whole must be.
type seal struct {
	// Facts is how many there are, the fact ended among them: one for each line but the header.
	Facts int `json:"facts"`
	// SHA256 is the checksum, in hexadecimal, of every byte of the file that stands before it: all lines before the last, and
	// the last up to the checksum itself. What stands behind it is always the same.
	SHA256 string `json:"sha256"`
}

// What stands before and behind the checksum.
const (
	beforeSum = `"sha256":"`
	behindSum = `"}}` + "\n"
)

// checksum gathers what is written, or read, before the last line.
type checksum struct{ hash.Hash }

func newChecksum() checksum { return checksum{sha256.New()} }

// with is the checksum of all that came so far and of a beginning of the last line.
func (c checksum) with(beginning []byte) string {
	_, _ = c.Write(beginning) // A hash takes everything.
	return hex.EncodeToString(c.Sum(nil))
}

// seal makes the last line.
func (c checksum) seal(ended Fact, facts int) ([]byte, error) {
	last, err := json.Marshal(line{ended, &seal{Facts: facts}})
	if err != nil {
		return nil, err
	}
	last = bytes.TrimSuffix(last, []byte(`"}}`))
	return append(append(last, c.with(last)...), behindSum...), nil
}

// verify compares the seal in the last line with what was read.
func (c checksum) verify(line []byte, sealed *seal, facts int) error {
	switch {
	case sealed == nil:
		return fmt.Errorf("expected a seal in the last line of a history of version %d, got none", Version)
	case sealed.Facts > facts:
		return fmt.Errorf("expected %d facts, got %d: lines were lost", sealed.Facts, facts)
	case sealed.Facts < facts:
		return fmt.Errorf("expected %d facts, got %d: lines were added", sealed.Facts, facts)
	}
	at := bytes.LastIndex(line, []byte(beforeSum))
	if at < 0 {
		return fmt.Errorf("expected the checksum to end with %s and %d digits, got another spelling: the file was changed after it was saved",
			beforeSum, hex.EncodedLen(sha256.Size))
	}
	at += len(beforeSum)
	sum := c.with(line[:at])
	switch {
	case sealed.SHA256 != sum:
		return fmt.Errorf("the checksum is %s, expected %s: the file was changed after it was saved", sum, sealed.SHA256)
	case string(line[at:]) == sum+behindSum[:len(behindSum)-1]:
		return fmt.Errorf("expected a newline at the end of the last line, got the end of the file: it is cut short")
	case string(line[at:]) != sum+behindSum:
		return fmt.Errorf("expected nothing but %q behind the checksum, got %q: the file was changed after it was saved", behindSum, line[at+len(sum):])
	}
	return nil
}
