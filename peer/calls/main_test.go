package calls

import (
	"testing"

	"github.com/causeway-rtc/causeway/peer/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
