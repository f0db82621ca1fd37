# Turns the file INPUT into the C source OUTPUT: its bytes as an array, as sandbox/sample.h says.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT}
     "#include \"sandbox/sample.h\"\n\nconst unsigned char sample_body[] = {\n    ${bytes}\n};\n"
     "const size_t sample_body_size = sizeof(sample_body);\n")
