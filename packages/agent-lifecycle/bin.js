#!/usr/bin/env node
// Beside what is built, so that npm finds it before the first build.
import './dist/esm/main.js';
