# What every target of ours is compiled with; targets link lt_flags PRIVATE.
add_library(lt_flags INTERFACE)
target_compile_options(lt_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -fno-common -fstack-protector-strong)
target_compile_definitions(lt_flags INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
if(LT_WERROR)
    target_compile_options(lt_flags INTERFACE -Werror)
endif()
if(LT_SANITIZE)
    target_compile_options(lt_flags INTERFACE
        -fsanitize=${LT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(lt_flags INTERFACE -fsanitize=${LT_SANITIZE})
endif()
if(LT_FUZZ)
    target_compile_options(lt_flags INTERFACE -fsanitize=fuzzer-no-link) # the fuzzer sees which lines an input reached
endif()
