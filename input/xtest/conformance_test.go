package xtest_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/input/inputtest"
	"github.com/causeway-rtc/causeway/input/xtest"
)

func TestConformance(t *testing.T) { inputtest.Run(t, xtest.Backend) }
