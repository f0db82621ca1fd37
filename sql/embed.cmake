# Builds the files of sql/ into a library, as the arrays that store/sql.h declares: one
# sql_<name>[] per file of queries/, and sql_migrations[] over those of migrations/. Run as a script
# (with -DOUTPUT=), it writes the source; included, it gives linkhaul_embed_sql().

# One file as the initializer of a char array: a literal would be longer than C promises to take.
function(append_file path name linkage)
    file(READ ${path} hex HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
    file(APPEND ${OUTPUT} "${linkage}const char ${name}[] = {\n${bytes}'\\0'};\n\n")
endfunction()

if(OUTPUT)
    file(GLOB queries ${SQL_DIR}/queries/*.sql)
    file(GLOB migrations ${SQL_DIR}/migrations/*.sql)
    list(SORT migrations)
    file(WRITE ${OUTPUT} "/* Made from sql/ by sql/embed.cmake. */\n#include \"store/sql.h\"\n\n")
    foreach(path ${queries})
        get_filename_component(name ${path} NAME_WE)
        append_file(${path} sql_${name} "")
    endforeach()

    set(table "")
    set(number 0)
    foreach(path ${migrations})
        get_filename_component(name ${path} NAME_WE)
        math(EXPR number "${number} + 1")
        string(REGEX MATCH "^0*([1-9][0-9]*)_" matched ${name})
        if(NOT CMAKE_MATCH_1 EQUAL number)
            message(FATAL_ERROR "sql/migrations: ${name} stands where number ${number} should")
        endif()
        append_file(${path} migration_${number} "static ")
        string(APPEND table "    {${number}, \"${name}\", migration_${number}},\n")
    endforeach()
    file(APPEND ${OUTPUT} "const struct sql_migration sql_migrations[] = {\n${table}    {0}};\n")
    return()
endif()

function(linkhaul_embed_sql library)
    set(source ${CMAKE_BINARY_DIR}/generated/sql.c)
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sql/queries/*.sql
         ${CMAKE_SOURCE_DIR}/sql/migrations/*.sql)
    add_custom_command(OUTPUT ${source}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${source} -DSQL_DIR=${CMAKE_SOURCE_DIR}/sql
                -P ${CMAKE_SOURCE_DIR}/sql/embed.cmake
        DEPENDS ${files} ${CMAKE_SOURCE_DIR}/sql/embed.cmake
        COMMENT "Building sql/ in")
    get_target_property(type ${library} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
        target_sources(${library} PRIVATE ${source})
    endif()
endfunction()
