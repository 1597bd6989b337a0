# cmake -D NPM=… -D SOURCE=… -D DIRECTORY=… -P npm_ci.cmake: installs into DIRECTORY what the lock file in SOURCE names.
file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${DIRECTORY})
execute_process(COMMAND ${NPM} ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error WORKING_DIRECTORY ${DIRECTORY}
                RESULT_VARIABLE status OUTPUT_QUIET)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "npm ci failed for ${SOURCE}/package-lock.json (see its message above): "
                      "it needs npm's registry, or a cache of it, once")
endif()
file(TOUCH ${DIRECTORY}/node_modules/.package-lock.json)
