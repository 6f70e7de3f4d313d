//go:build cgo && (linux || darwin)

#include "ffmpeg.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int lacks(causeway_av *av, const char *what) {
	snprintf(av->missing, sizeof av->missing, "no %s", what);
	return -1;
}

int causeway_av_load(causeway_av *av, const char *avutil, const char *avcodec) {
	// The libraries stay open for the life of the process: some of what they
	// load starts threads, which closing would pull the code from under.
	av->avutil = dlopen(avutil, RTLD_NOW | RTLD_LOCAL);
	if (!av->avutil)
		return lacks(av, avutil);
	av->avcodec = dlopen(avcodec, RTLD_NOW | RTLD_LOCAL);
	if (!av->avcodec)
		return lacks(av, avcodec);
#define X(name, type) \
	if (!(av->name = (type)dlsym(library, #name))) \
		return lacks(av, #name);
	void *library = av->avutil;
	CAUSEWAY_AVUTIL(X)
	library = av->avcodec;
	CAUSEWAY_AVCODEC(X)
#undef X
	// A stream that starts in the middle is no reason to write to a person.
	av->av_log_set_level(causeway_log_quiet);
	return causeway_av_layout(av);
}

int causeway_say(const causeway_av *av, char *message, size_t size, const char *what, int error) {
	char why[128] = "";
	if (error)
		av->av_strerror(error, why, sizeof why);
	snprintf(message, size, "%s%s%s", what, error ? ": " : "", why);
	return -1;
}
