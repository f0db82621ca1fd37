# Turns the file INPUT into the C source OUTPUT: its bytes as the array NAME, as sandbox/sample.c
# declares it.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT}
     "#include <stddef.h>\n\n"
     "extern const unsigned char ${NAME}[];\nextern const size_t ${NAME}_size;\n"
     "const unsigned char ${NAME}[] = {\n    ${bytes}\n};\n"
     "const size_t ${NAME}_size = sizeof(${NAME});\n")
