module github.com/causeway-rtc/causeway

go 1.26
