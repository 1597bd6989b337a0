// The precompiled header needs one file to hang on.
